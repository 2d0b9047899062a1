"""An item as FHIR resources: which, and what may be claimed in them. See
:mod:`elmtex.exporters.fhir.bundle` for the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from elmtex.exporters.fhir.allergies import Allergy, allergic_to, allergy
from elmtex.exporters.fhir.clinical_status import clinical_status
from elmtex.exporters.fhir.measurements import Measurement, measurement
from elmtex.exporters.fhir.relatives import UNNAMED, around, relatives, said_of
from elmtex.exporters.fhir.wording import denied, is_no_condition, is_operation, onset, says_well
from elmtex.schema import Category, Fhir
from elmtex.types import Code, Item

Resource = dict[str, Any]

HL7 = "http://terminology.hl7.org/CodeSystem"
_UCUM = "http://unitsofmeasure.org"
_VERIFICATION = {"present": "unconfirmed", "absent": "refuted", "possible": "provisional"}

# FHIR's string type has no control characters but tab, line feed and carriage return; U+FFFD keeps
# the length.
_CONTROL = dict.fromkeys(set(range(32)) - {9, 10, 13}, "\ufffd")


@dataclass(frozen=True, slots=True)
class Around:
    """An item's sentence before and after it; both "" where the report is not available."""

    before: str = ""
    after: str = ""


def resources(
    item: Item, category: Category, patient: str, place: Around, by_human: bool
) -> Iterator[Resource]:
    """The resources an item becomes: one, or one for each relative it names.

    Args:
        item: the item.
        category: its category, whose ``fhir`` says which resource.
        patient: the Patient's address.
        place: the text around the item.
        by_human: a human has reviewed the item.
    """
    subject, title = {"reference": patient}, {"text": string(category.title)}
    for resource in _built(item, category, title, subject, place):
        if by_human:
            _reviewed(resource, item)
        else:
            _unreviewed(resource)
        yield resource


def _built(
    item: Item, category: Category, title: Resource, subject: Resource, place: Around
) -> Iterator[Resource]:
    fhir = category.fhir
    kind, present = fhir.resource, item.assertion == "present"
    if "AllergyIntolerance" in (kind, *fhir.also):
        refuted = item.assertion == "absent"
        found = allergy(item.text, refuted)
        if found is None and (
            kind == "AllergyIntolerance" or allergic_to(place.before, place.after)
        ):
            found = Allergy(item.text, refuted=refuted)
        if found is not None:
            yield _allergy_intolerance(item, found, subject)
            return
    if "Procedure" in fhir.also and is_operation(item.text):
        kind = "Procedure"
    if present and kind != "Observation" and _is_no_more_than_words(item.text, kind, fhir):
        yield _observation(item, title, subject, None)
    elif kind == "Condition":
        status = clinical_status(item.text, fhir.clinical_status, place.before, place.after)
        yield _condition(item, title, subject, status if present else None)
    elif kind == "Procedure":
        yield _procedure(item, title, subject)
    elif kind == "MedicationStatement":
        yield _medication_statement(item, title, subject)
    elif kind == "FamilyMemberHistory" and present:
        yield from _family_member_histories(item, subject, place)
    else:  # FamilyMemberHistory cannot say that a condition is absent or uncertain
        read = measurement(item.text) if fhir.quantity and present else None
        yield _observation(item, title, subject, read)


def _is_no_more_than_words(text: str, kind: str, fhir: Fhir) -> bool:
    """Whether nothing is to be made of an item that is asserted present: "No known medical
    problems"."""
    if denied(text) != text:
        return True
    if kind == "FamilyMemberHistory":
        return says_well(text) and not relatives(text)
    history = kind == "Condition" and fhir.clinical_status == "inactive"
    return history and (says_well(text) or is_no_condition(text))


def _reviewed(resource: Resource, item: Item) -> None:
    """A resource that a human reviewed: no longer preliminary, and what it states is confirmed."""
    if resource.get("status") == "preliminary":
        resource["status"] = "final"
    for coding in resource.get("verificationStatus", {}).get("coding", ()):
        if coding["code"] == "unconfirmed" and item.assertion != "possible":
            coding["code"] = "confirmed"


def _unreviewed(resource: Resource) -> None:
    """Marks what only a model states; in words, too, where the status alone would read as a
    human's."""
    asserted = {
        "system": f"{HL7}/v3-ObservationValue",
        "code": "AIAST",
        "display": "Artificial Intelligence asserted",
    }
    resource["meta"] = {"security": [asserted]}
    verified = [c["code"] for c in resource.get("verificationStatus", {}).get("coding", ())]
    if resource.get("status") in ("not-taken", "not-done") or "refuted" in verified:
        said = {"text": "Stated by a model from the report's words; no human has reviewed it."}
        resource["note"] = [*resource.get("note", ()), said]


def _condition(item: Item, title: Resource, subject: Resource, status: str | None) -> Resource:
    clinical = {"clinicalStatus": _concept("condition-clinical", status)} if status else {}
    return {
        "resourceType": "Condition",
        **clinical,
        "verificationStatus": _concept("condition-ver-status", _VERIFICATION[item.assertion]),
        "category": [title],
        "code": _text(item),
        "subject": subject,
    }


def _observation(
    item: Item, title: Resource, subject: Resource, read: Measurement | None
) -> Resource:
    resource: Resource = {
        "resourceType": "Observation",
        "status": "preliminary",  # nobody has reviewed it
        "category": [title],
        "subject": subject,
    }
    if read is not None:
        code = _text(item) | {"text": string(read.name)}
        return resource | {"code": code} | _result(read) | {"note": [{"text": string(item.text)}]}
    match item.assertion:
        case "present":
            coding = {key: value for key, value in _text(item).items() if key == "coding"}
            return resource | {"code": title | coding, "valueString": string(item.text)}
        case "absent":
            return resource | {"code": _text(item), "valueBoolean": False}
        case _:
            unknown = _concept("data-absent-reason", "unknown")
            return resource | {"code": _text(item), "dataAbsentReason": unknown}


def _result(read: Measurement) -> Resource:
    def quantity(value: float) -> Resource:
        unit = {"unit": read.unit, "system": _UCUM, "code": read.ucum} if read.ucum else {}
        return {"value": value} | unit

    comparator = {"comparator": read.comparator} if read.comparator else {}
    result: Resource = {"valueQuantity": quantity(read.value) | comparator}
    if read.low is not None and read.high is not None:
        bounds = {
            "low": quantity(read.low),
            "high": quantity(read.high),
            "text": string(read.range),
        }
        result["referenceRange"] = [bounds]
    return result


def _medication_statement(item: Item, title: Resource, subject: Resource) -> Resource:
    return {
        "resourceType": "MedicationStatement",
        "status": "not-taken" if item.assertion == "absent" else "unknown",
        "category": title,
        "medicationCodeableConcept": _text(item),
        "subject": subject,
    }


def _procedure(item: Item, title: Resource, subject: Resource) -> Resource:
    return {
        "resourceType": "Procedure",
        "status": "not-done" if item.assertion == "absent" else "unknown",
        "category": title,
        "code": _text(item),
        "subject": subject,
    }


def _allergy_intolerance(item: Item, found: Allergy, patient: Resource) -> Resource:
    # ait-1: without a clinicalStatus it would be an error entered.
    code = _text(item) | {"text": string(found.text)}
    if found.code is not None:
        system, number, display = found.code
        stated = {"system": system, "code": number, "display": display}
        code["coding"] = [stated, *code.get("coding", ())]
    note = {} if found.text == item.text else {"note": [{"text": string(item.text)}]}
    verified = "refuted" if found.refuted else "unconfirmed"
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": _concept(
            "allergyintolerance-clinical", "inactive" if found.refuted else "active"
        ),
        "verificationStatus": _concept("allergyintolerance-verification", verified),
        "code": code,
        "patient": patient,
        **note,
    }


def _family_member_histories(item: Item, patient: Resource, place: Around) -> Iterator[Resource]:
    said = [(one.code, one.display, words) for one, words in said_of(item.text)]
    if not said:
        sentence = place.before + item.text + place.after
        start = len(place.before)
        named = around(sentence, start, start + len(item.text))
        said = [(one.code, one.display, item.text) for one in named] or [(*UNNAMED, item.text)]
    for code, display, words in said:
        member = {"system": f"{HL7}/v3-RoleCode", "code": code, "display": display}
        if says_well(words):
            about: Resource = {"note": [{"text": string(words)}]}
        else:
            about = {"condition": [_relatives_condition(item, words, shared=len(said) > 1)]}
        yield {
            "resourceType": "FamilyMemberHistory",
            "status": "partial",
            "patient": patient,
            "relationship": {"coding": [member]},
            **about,
        }


def _relatives_condition(item: Item, words: str, shared: bool) -> Resource:
    condition: Resource = {"code": _text(item) | {"text": string(words)}}
    if (years := onset(words)) is not None and not (shared and words == item.text):
        condition["onsetAge"] = {"value": years, "unit": "years", "system": _UCUM, "code": "a"}
    return condition


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"{HL7}/{system}", "code": code}]}


def _text(item: Item) -> Resource:
    """The item's words, less a denial that its status says already ("No diabetes", refuted), and
    its chosen codes."""
    chosen = [coding(code) for code in item.codes if code.chosen]
    words = denied(item.text) if item.assertion == "absent" else item.text
    return {"text": string(words)} | ({"coding": chosen} if chosen else {})


def coding(code: Code) -> Resource:
    """A code as FHIR's Coding."""
    return {
        "system": code.system,
        "code": code.code,
        "display": string(code.display),
        "userSelected": code.chosen,
    }


def string(text: str) -> str:
    """FHIR's string: not empty and without control characters."""
    return text.translate(_CONTROL) or "-"
