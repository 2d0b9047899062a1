"""Allergies as English and German histories state them: "NKDA", "allergic to penicillin",
"Penicillinallergie"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from elmtex.exporters.fhir.elements import (
    SNOMED,
    Resource,
    Said,
    concept,
    named,
    noted,
    severity_of,
    string,
    time_of,
)
from elmtex.types import Item

# "No known" may refer to drugs or to everything; "no penicillin allergy" refutes that one.
_NONE_KNOWN = {
    "drug": (SNOMED, "409137002", "No known drug allergy"),
    "": (SNOMED, "716186003", "No known allergy"),
}

_DRUG = r"(?:drugs?|medications?|medicines?|medikamenten|arzneimittel)"
_ALLERGY = r"(?:allerg(?:y|ies|ien?)|unverträglichkeit(?:en)?)"
_NO = r"(?:no|denie[sd](?: any)?|without|keine?(?:rlei)?|ohne)"
_ABBREVIATED = re.compile(r"NKD?A|NKMA")
_NOTHING_KNOWN = re.compile(
    rf"(?:(?P<no>{_NO})\s+)?(?:(?:known|bekannte[nr]?|any|other)\s+)*(?P<drug>{_DRUG}[\s-]*)?{_ALLERGY}"
    rf"(?P<after>\s*[:-]?\s*(?:none(?: known)?|no|keine(?: bekannt)?|nicht bekannt))?"
    r"(?:\s+(?:to (?:any )?(?P<to>drugs|medications?|medicines?)|(?:sind |are )?(?:not )?(?:known|bekannt)))?\s*\.?",
    re.IGNORECASE,
)
_SUBSTANCE = r"(?P<substance>[^\W\d_][\w /+'-]{1,59}?)"
_KNOWN = [
    re.compile(pattern + r"\s*(?:\([^()]*\))?\s*\.?", re.IGNORECASE)
    for pattern in (
        rf"(?:(?:is|known|severe|patient is|bekannte?|schwere)\s+)*(?:to be )?allergi(?:c|sch)(?:\s+reactions?)?\s+(?:to|gegen|auf)\s+{_SUBSTANCE}",
        rf"(?:(?:known|severe|bekannte?|schwere)\s+)*{_ALLERGY}\s+(?:to|against|gegen|auf)\s+{_SUBSTANCE}",
        rf"(?:drug\s+)?{_ALLERGY}\s*:\s*{_SUBSTANCE}",
        rf"(?:(?:known|severe|bekannte?|schwere)\s+)*{_SUBSTANCE}[\s-]?allerg(?:y|ies|ien?)",
    )
]
# What comes before "allergy" without being what one is allergic to.
_NO_SUBSTANCE = re.compile(
    rf"{_NO}|{_DRUG}|known|multiple|several|seasonal|food|severe|history of.*|bekannte?|saisonale|mehrere|nahrungsmittel"
    r"|.*\b(?:no|not|denie[sd]|keine?|and|und|or|oder|none|unknown|unbekannt|nil)\b.*",
    re.IGNORECASE,
)
_ALLERGIC_TO = re.compile(
    r"(?<!not )(?<!nicht )\ballerg(?:ic|isch|y|ies|ien?)\s+(?:to|gegen|auf)\s+"
    r"(?:[\w-]+\s*(?:,|/|\band\b|\bund\b|\bor\b|\boder\b)\s*){0,4}\Z",
    re.IGNORECASE,
)
_ALLERGY_BEHIND = re.compile(r"[ -]?allerg(?:y|ies|ien?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Allergy:
    """An allergy, or that none is known.

    Args:
        text: the substance, or the statement's own words where no single one is plain.
        code: system, code and display of the statement that none is known; None for an allergy.
        refuted: the allergy is denied; False for the statement that none is known, which is itself
            asserted.
    """

    text: str
    code: tuple[str, str, str] | None = None
    refuted: bool = False


def allergy(text: str, absent: bool = False) -> Allergy | None:
    """What an item's words say about allergies; None when they are about something else.

    Args:
        text: the whole item: "allergic rhinitis" and "seen by the allergist" are none.
        absent: the item is asserted absent: "drug allergies" then says that none is known.
    """
    text = text.strip()
    if _ABBREVIATED.fullmatch(text.rstrip(".")):
        return Allergy(text, _NONE_KNOWN["drug" if text[2] in "DM" else ""])
    if match := _NOTHING_KNOWN.fullmatch(text):
        if match["no"] or match["after"] or absent:
            return Allergy(text, _NONE_KNOWN["drug" if match["drug"] or match["to"] else ""])
        return Allergy(text)
    denied = re.match(rf"(?:not|nicht|{_NO})\s+", text, re.IGNORECASE)
    text = text[denied.end() :] if denied else text
    for pattern in _KNOWN:
        if match := pattern.fullmatch(text):
            whole = _NO_SUBSTANCE.fullmatch(match["substance"])
            return Allergy(text if whole else match["substance"], None, absent or bool(denied))
    return None


def allergic_to(before: str, after: str) -> bool:
    """Whether a sentence names what lies between its two parts as an allergen."""
    return bool(_ALLERGIC_TO.search(before) or _ALLERGY_BEHIND.match(after))


def allergy_intolerance(item: Item, found: Allergy, patient: Resource, said: Said) -> Resource:
    """An allergy with its reactions, or the statement that none is known."""
    # ait-1: without a clinicalStatus it would be an error entered.
    code = named(item, found.text)
    if found.code is not None:
        system, number, display = found.code
        stated = {"system": system, "code": number, "display": display}
        code["coding"] = [stated, *code.get("coding", ())]
    reactions, severity = said.of("reaction"), said.one("severity")
    grade = _grade(severity.text) if severity and reactions else None
    time = time_of(said, "onset")
    used = ("reaction", *(["severity"] if grade else []), *(["time"] if time else []))
    manifested = {
        "manifestation": [{"text": string(a.text)} for a in reactions],
        **({"severity": grade} if grade else {}),
    }
    words = [] if found.text == item.text else [{"text": string(item.text)}]
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": concept(
            "allergyintolerance-clinical", "inactive" if found.refuted else "active"
        ),
        "verificationStatus": concept(
            "allergyintolerance-verification", "refuted" if found.refuted else "unconfirmed"
        ),
        "code": code,
        "patient": patient,
        **time,
        **noted(*words, *said.notes(used)),
        **({"reaction": [manifested]} if reactions else {}),
    }


def _grade(words: str) -> str | None:
    """FHIR's severity of a reaction; None where the words are none of its three."""
    coding = severity_of(words).get("coding")
    return str(coding[0]["display"]).lower() if coding else None
