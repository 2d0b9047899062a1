"""Statements that there is nothing: "no known medical problems", "keine Dauermedikation", "no previous surgery"."""

from __future__ import annotations

import re

from elmtex.exporters.fhir.allergies import allergy
from elmtex.exporters.fhir.elements import Resource, concept, string
from elmtex.types import Item

# The International Patient Summary's codes for them.
_SYSTEM = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"

_NO = r"(?:no|none|denie[sd](?: any)?|without|keine?(?:rlei)?|ohne)"
_SINCE = r"(?:(?:known|any|other|relevant|significant|further|past|bekannte[nr]?|relevanten?|weiteren?|regelmäßigen?)\s+)*"
_NAMES = {
    "problems": (
        r"(?:medical|health|chronic)\s+(?:problems|conditions|illnesses|diseases)|comorbidities|medical history"
        r"|vorerkrankungen|begleiterkrankungen|nebendiagnosen|komorbiditäten"
    ),
    "medications": (
        r"(?:home |daily |current |regular )(?:medications?|medicines?)|medications|(?:dauer|haus|vor)medikation|"
        r"(?:dauer)?medikamente"
    ),
    "procedures": r"(?:previous|prior|past) (?:surg(?:ery|eries)|operations?)|surgical history|voroperationen|vor-?ops",
}
_PATTERNS = {
    what: re.compile(
        rf"(?:(?P<no>{_NO})\s+)?{_SINCE}(?:{names})(?P<after>\s*[:-]?\s*(?:none(?: known)?|no|nil|keine(?: bekannt)?))?"
        r"(?:\s+(?:are\s+|sind\s+)?(?:known|bekannt))?\s*\.?",
        re.IGNORECASE,
    )
    for what, names in _NAMES.items()
}


def none_known(item: Item, title: Resource, subject: Resource) -> Resource | None:
    """The statement that none is known as a resource of its own, which is asserted, not refuted; None where the item
    says something else.

    Args:
        item: the item; "medical problems", absent, says it too.
        title: the category's title.
        subject: the patient.
    """
    for what, pattern in _PATTERNS.items():
        match = pattern.fullmatch(item.text.strip())
        if match is None or item.assertion == "possible":
            continue
        if not (match["no"] or match["after"] or item.assertion == "absent"):
            return None
        coding = {"system": _SYSTEM, "code": f"no-known-{what}", "display": f"No known {what}"}
        stated = match["no"] or match["after"]
        code = {"coding": [coding], "text": string(item.text) if stated else f"No known {what}"}
        return _stated(what, code, title) | {"subject": subject}
    return None


def says_none_known(item: Item) -> bool:
    """Whether an item states that nothing is known, allergies included: "NKDA" that is absent denies nothing twice."""
    found = allergy(item.text, item.assertion == "absent")
    return none_known(item, {}, {}) is not None or (found is not None and found.code is not None)


def _stated(what: str, code: Resource, title: Resource) -> Resource:
    if what == "medications":
        return {
            "resourceType": "MedicationStatement",
            "status": "unknown",
            "category": title,
            "medicationCodeableConcept": code,
        }
    if what == "procedures":
        return {"resourceType": "Procedure", "status": "unknown", "category": title, "code": code}
    return {
        "resourceType": "Condition",
        "verificationStatus": concept("condition-ver-status", "unconfirmed"),
        "category": [title],
        "code": code,
    }
