"""Write an extraction as an HL7 FHIR R4 Bundle, checked with fhir.resources' R4B models.

R4 (4.0.1) and R4B (4.3.0) do not differ in the resources used here. The bundle is a ``collection``: a Patient without
identity, and one resource an item. Which resource is decided by the category's key (:data:`RESOURCES`); a key that is
not listed, as in a schema of one's own, becomes an Observation.

Nothing is claimed beyond the text. How sure the report is goes into the element the resource has for it:

=====================  ====================================  ===================  ================================
resource               present                               absent               possible
=====================  ====================================  ===================  ================================
Condition              verificationStatus ``confirmed``      ``refuted``          ``provisional``
                       (``unconfirmed`` before review)
MedicationStatement    status ``unknown``                    ``not-taken``        ``unknown``
Procedure              status ``unknown``                    ``not-done``         ``unknown``
Observation            ``valueString`` is the text           ``valueBoolean``     ``dataAbsentReason`` ``unknown``
                                                             ``false``
FamilyMemberHistory    a condition                           as an Observation    as an Observation
=====================  ====================================  ===================  ================================

A human's review changes what is claimed about the reading, never what the report says: an Observation that nobody has
judged is ``preliminary``, one that a reviewer accepted, edited or added is ``final``; a Condition that only the model
calls present is ``unconfirmed``. The bundle's tag ``urn:elmtex:review`` is ``none``, ``begun`` or ``finished``. Who
judged and when is not handed out.

Every resource carries the extension ``urn:elmtex:evidence``: category, assertion, the half-open code-point offsets of
the words in the report, the confidence, and whether a human judged it. Suggested codes stand there too; into ``code`` come only those that a human
chose.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from elmtex.schema import CategorySchema
from elmtex.types import Code, ElmtexError, Extraction, Item, MissingDependencyError

EVIDENCE = "urn:elmtex:evidence"

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_VERIFICATION = {"present": "unconfirmed", "absent": "refuted", "possible": "provisional"}
_NAMESPACE = uuid.UUID(
    "8f0f3c1e-6a0b-5e0e-9f63-2b7d6f5f6e11"
)  # of elmtex; any fixed value would do

# FHIR's string type has no control characters but tab, line feed and carriage return; U+FFFD keeps the length.
_CONTROL = dict.fromkeys(set(range(32)) - {9, 10, 13}, "\ufffd")

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """How far a human has reviewed a document.

    Args:
        items: category and position of each item that a human accepted, edited or added.
        finished: the review is over: nothing is open, and nothing was missed.
    """

    items: frozenset[tuple[str, int]] = frozenset()
    finished: bool = False

    @property
    def state(self) -> str:
        """``finished``, ``begun`` or ``none``."""
        return "finished" if self.finished else "begun" if self.items else "none"


NOBODY = Judged()


def bundle_model() -> Any:
    """fhir.resources' R4B Bundle. Raises :class:`MissingDependencyError` when it is not installed."""
    try:
        from fhir.resources.R4B.bundle import Bundle
    except ImportError:
        raise MissingDependencyError(
            "FHIR needs fhir.resources: pip install 'elmtex[fhir]'"
        ) from None
    return Bundle


def bundle(
    extraction: Extraction, schema: CategorySchema, judged: Judged = NOBODY
) -> dict[str, Any]:
    """The Bundle as JSON data.

    The same document always gives the same bundle, another one other ids: they are name-based UUIDs (RFC 9562,
    version 5) of all that the document says. An id alone would not do: every report that came through a pipe is
    called ``stdin``. Two reports of one name in which the same was found at the same places share their ids: give
    reports names of their own.

    Args:
        extraction: the document.
        schema: its schema.
        judged: what of it a human has reviewed.

    Raises:
        MissingDependencyError: fhir.resources is not installed.
        ElmtexError: the bundle breaks FHIR's rules, which is a defect of elmtex.
    """
    model = bundle_model()
    seed = _digest(extraction)
    patient = _urn(seed, "patient")
    entries = [_entry(patient, {"resourceType": "Patient"})]
    entries += [_entry(*named) for named in _resources(extraction, schema, judged, seed, patient)]
    document = {
        "resourceType": "Bundle",
        "meta": {
            "tag": [
                {"system": "urn:elmtex:model", "code": _code(extraction.model)},
                {"system": "urn:elmtex:schema", "code": _code(extraction.schema)},
                {"system": "urn:elmtex:status", "code": extraction.status},
                {"system": "urn:elmtex:review", "code": judged.state},
            ]
        },
        "identifier": {"system": "urn:elmtex:report", "value": _string(extraction.id)},
        "type": "collection",
        "entry": entries,
    }
    try:
        model.model_validate(document)
    except ValueError as error:
        # pydantic's message quotes its input: only the first fault's path and rule may leave.
        raise ElmtexError(
            f"the FHIR bundle is not valid ({_fault(error)}); please report this"
        ) from None
    return document


def _resources(
    extraction: Extraction, schema: CategorySchema, judged: Judged, seed: str, patient: str
) -> Iterator[tuple[str, Resource]]:
    for key, items in extraction.categories.items():
        category = {"text": _string(schema.category(key).title)}
        for number, item in enumerate(items):
            build = RESOURCES.get(key, _observation)
            if build is _family_member_history and item.assertion != "present":
                build = _observation  # FamilyMemberHistory cannot say that a condition is absent or uncertain
            by_human = (key, number) in judged.items
            resource = build(item, category, {"reference": patient})
            if by_human:
                _reviewed(resource)
            resource["extension"] = [_evidence(key, item, by_human)]
            yield _urn(seed, f"{key}/{number}/{item.start}"), resource


def _reviewed(resource: Resource) -> None:
    """A reading that a human answers for: no longer preliminary, and what it states is confirmed."""
    if resource.get("status") == "preliminary":
        resource["status"] = "final"
    for coding in resource.get("verificationStatus", {}).get("coding", ()):
        if coding["code"] == "unconfirmed":
            coding["code"] = "confirmed"


def _condition(item: Item, category: Resource, patient: Resource) -> Resource:
    code = _VERIFICATION[item.assertion]
    return {
        "resourceType": "Condition",
        "verificationStatus": {
            "coding": [{"system": f"{_TERMINOLOGY}/condition-ver-status", "code": code}]
        },
        "category": [category],
        "code": _text(item),
        "subject": patient,
    }


def _observation(item: Item, category: Resource, patient: Resource) -> Resource:
    resource: Resource = {
        "resourceType": "Observation",
        "status": "preliminary",  # nobody has reviewed it
        "category": [category],
        "subject": patient,
    }
    match item.assertion:
        case "present":
            coding = {key: value for key, value in _text(item).items() if key == "coding"}
            return resource | {"code": category | coding, "valueString": _string(item.text)}
        case "absent":
            return resource | {"code": _text(item), "valueBoolean": False}
        case _:
            unknown = {"system": f"{_TERMINOLOGY}/data-absent-reason", "code": "unknown"}
            return resource | {"code": _text(item), "dataAbsentReason": {"coding": [unknown]}}


def _medication_statement(item: Item, category: Resource, patient: Resource) -> Resource:
    return {
        "resourceType": "MedicationStatement",
        "status": "not-taken" if item.assertion == "absent" else "unknown",
        "category": category,
        "medicationCodeableConcept": _text(item),
        "subject": patient,
    }


def _procedure(item: Item, category: Resource, patient: Resource) -> Resource:
    return {
        "resourceType": "Procedure",
        "status": "not-done" if item.assertion == "absent" else "unknown",
        "category": category,
        "code": _text(item),
        "subject": patient,
    }


def _family_member_history(item: Item, category: Resource, patient: Resource) -> Resource:
    member = {
        "system": f"{_TERMINOLOGY}/v3-RoleCode",
        "code": "FAMMEMB",
        "display": "family member",
    }
    return {
        "resourceType": "FamilyMemberHistory",
        "status": "partial",
        "patient": patient,
        "relationship": {"coding": [member]},
        "condition": [{"code": _text(item)}],
    }


RESOURCES: dict[str, Callable[[Item, Resource, Resource], Resource]] = {
    "signs_symptoms": _condition,
    "comorbidities": _condition,
    "diagnosis": _condition,
    "indication": _condition,
    "diagnostic_techniques_procedures": _procedure,
    "interventional_therapy": _procedure,
    "pharmacological_therapy": _medication_statement,
    "drug": _medication_statement,
    "family_history": _family_member_history,
}


def _evidence(key: str, item: Item, by_human: bool) -> Resource:
    parts: list[Resource] = [
        {"url": "category", "valueCode": key},
        {"url": "assertion", "valueCode": item.assertion},
        {"url": "judged", "valueBoolean": by_human},
    ]
    if item.grounded:
        parts += [
            {"url": "start", "valueUnsignedInt": item.start},
            {"url": "end", "valueUnsignedInt": item.end},
        ]
    if item.confidence is not None:
        parts.append({"url": "confidence", "valueDecimal": round(item.confidence, 4)})
    for code in item.codes:
        if not code.chosen:
            parts.append({"url": "suggestion", "valueCoding": _coding(code)})
    return {"url": EVIDENCE, "extension": parts}


def _entry(urn: str, resource: Resource) -> Resource:
    return {"fullUrl": urn, "resource": {**resource, "id": urn.removeprefix("urn:uuid:")}}


def _digest(extraction: Extraction) -> str:
    return hashlib.sha256(json.dumps(extraction.to_dict(), sort_keys=True).encode()).hexdigest()


def _urn(seed: str, part: str) -> str:
    return uuid.uuid5(_NAMESPACE, f"{seed}\n{part}").urn


def _text(item: Item) -> Resource:
    chosen = [_coding(code) for code in item.codes if code.chosen]
    return {"text": _string(item.text)} | ({"coding": chosen} if chosen else {})


def _coding(code: Code) -> Resource:
    return {
        "system": code.system,
        "code": code.code,
        "display": _string(code.display),
        "userSelected": code.chosen,
    }


def _string(text: str) -> str:
    """FHIR's string: not empty and without control characters."""
    return text.translate(_CONTROL) or "-"


def _code(text: str) -> str:
    """FHIR's code: no white space at the ends, single spaces inside."""
    return " ".join(_string(text).split()) or "-"


def _fault(error: ValueError) -> str:
    faults = error.errors() if hasattr(error, "errors") else []
    return (
        f"{'.'.join(map(str, faults[0]['loc']))}: {faults[0]['type']}"
        if faults
        else type(error).__name__
    )
