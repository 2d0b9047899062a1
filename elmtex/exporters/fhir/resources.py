"""An item as FHIR resources: which, and what may be claimed in them. See
:mod:`elmtex.exporters.fhir.bundle` for the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from elmtex.exporters.fhir.allergies import (
    Allergy,
    allergic_to,
    allergy,
    allergy_intolerance,
)
from elmtex.exporters.fhir.clinical_status import clinical_status, has_resolved
from elmtex.exporters.fhir.conditions import condition, procedure, service_request
from elmtex.exporters.fhir.elements import HL7, Resource, Said, concept, string
from elmtex.exporters.fhir.family import family_member_histories
from elmtex.exporters.fhir.medications import medication_statement
from elmtex.exporters.fhir.none_known import none_known
from elmtex.exporters.fhir.observations import denied_by_model, observations
from elmtex.exporters.fhir.relatives import relatives
from elmtex.exporters.fhir.wording import denied, is_no_condition, is_operation, says_well
from elmtex.exporters.normal import is_normal
from elmtex.schema import Category, Fhir
from elmtex.types import Item

# Categories of these may hold the statement that there is none.
_MAY_BE_NONE = ("Condition", "MedicationStatement", "Procedure")


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around an item; nothing where the report is not available.

    Args:
        before, after: its sentence before and after it.
        day: ISO 8601, of the head of its column in a printed table.
    """

    before: str = ""
    after: str = ""
    day: str | None = None


def resources(
    item: Item, category: Category, patient: str, place: Around, by_human: bool
) -> Iterator[Resource]:
    """The resources an item becomes: one, or one for each relative or value it names.

    Args:
        item: the item.
        category: its category, whose ``fhir`` says which resource.
        patient: the Patient's address.
        place: the text around the item.
        by_human: a human has reviewed the item.
    """
    subject, title = {"reference": patient}, {"text": string(category.title)}
    said = Said(item, category)
    told = item if by_human else _resolved(item, said, place)
    for resource in _built(told, said, title, subject, place):
        verified = [c["code"] for c in resource.get("verificationStatus", {}).get("coding", ())]
        if by_human:
            _reviewed(resource, item)
        elif "refuted" in verified:
            resource = denied_by_model(item, title, subject, said)
            _unreviewed(resource)
        else:
            _unreviewed(resource)
        yield resource


def _resolved(item: Item, said: Said, place: Around) -> Item:
    """The item; a condition that is absent because it resolved was there."""
    if item.assertion != "absent" or said.category.fhir.resource != "Condition":
        return item
    gone = has_resolved(item.text, place.before, place.after, said.course == "resolved")
    return replace(item, assertion="present") if gone else item


def _built(
    item: Item, said: Said, title: Resource, subject: Resource, place: Around
) -> Iterator[Resource]:
    fhir = said.category.fhir
    kind, present = fhir.resource, item.assertion == "present"
    if "AllergyIntolerance" in (kind, *fhir.also):
        refuted = item.assertion == "absent"
        stated = allergy(item.text, refuted)
        if stated is None and (
            kind == "AllergyIntolerance"
            or item.section == "allergies"
            or allergic_to(place.before, place.after)
        ):
            stated = Allergy(said.name("reaction"), refuted=refuted)
        if stated is not None:
            yield allergy_intolerance(item, stated, subject, said)
            return
    if kind in _MAY_BE_NONE and (nothing := none_known(item, title, subject)) is not None:
        yield nothing
        return
    if is_normal(item, said.category):
        normal = {"interpretation": [concept("v3-ObservationInterpretation", "N")]}
        found = observations(item, title, subject, said, place.after, place.day)
        yield from (normal | resource for resource in found)
        return
    if "Procedure" in fhir.also and is_operation(item.text):
        kind = "Procedure"
    if present and kind != "Observation" and _is_no_more_than_words(item.text, kind, fhir):
        kind = "Observation"
    if kind == "Procedure" and said.course == "planned" and item.assertion != "absent":
        kind = "ServiceRequest"
    match kind:
        case "Condition":
            status = clinical_status(item.text, fhir.clinical_status, place.before, place.after)
            yield condition(item, title, subject, said, status)
        case "Procedure":
            yield procedure(item, title, subject, said)
            if present and said.of("value"):
                yield from observations(item, title, subject, said, place.after, place.day)
        case "ServiceRequest":
            yield service_request(item, title, subject, said)
        case "MedicationStatement":
            yield medication_statement(item, title, subject, said)
        case "FamilyMemberHistory" if present:
            yield from family_member_histories(item, subject, place.before, place.after)
        case _:  # FamilyMemberHistory cannot say that a condition is absent or uncertain
            yield from observations(item, title, subject, said, place.after, place.day)


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
    """A resource that a human reviewed: no longer preliminary or a draft, and what it states is confirmed."""
    final = {"preliminary": "final", "draft": "active"}
    if resource.get("status") in final:
        resource["status"] = final[resource["status"]]
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
    if resource.get("status") in ("not-taken", "not-done", "stopped", "on-hold"):
        said = {"text": "Stated by a model from the report's words; no human has reviewed it."}
        resource["note"] = [said, *resource.get("note", ())]
