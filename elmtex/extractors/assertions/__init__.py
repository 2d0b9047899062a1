"""Assertions that the program decides, where words tell them for certain, not the model; by what the category's items become in FHIR."""

from __future__ import annotations

import re
from dataclasses import replace

from elmtex.extractors.assertions.denials import is_denied
from elmtex.extractors.assertions.drugs import of_drug
from elmtex.extractors.assertions.findings import is_suspected, of_finding
from elmtex.extractors.assertions.procedures import of_procedure, of_result
from elmtex.schema import Category
from elmtex.text.form_field import answered
from elmtex.text.sections import Sectioned
from elmtex.types import Item

# Advice under a condition: "Return if you develop fever", „Bitte melden, falls ...“
_ADVICE = re.compile(
    r"(?:please |bitte )?(?:return|re-?turn|call|ring|come|contact|see|seek|go|present|re-?attend|attend|report|notify|"
    r"wieder\w+|sofort\w*|rückkehr|vorstellung|melden|rufen|kommen|suchen)\b.*\b(?:if|should|when|falls|wenn|sollten?)\b",
    re.IGNORECASE | re.DOTALL,
)

# What is planned for a case that may come, by its own words or by those its sentence begins with: "If pain worsens, repeat CT"
_IN_CASE = re.compile(r"\b(?:if|falls|wenn|sollten?|sofern)\b", re.IGNORECASE)
_FIRST_IF = re.compile(
    r"\W*(?:If|Falls|Wenn|Sollten?|Sofern|In case of)\b[^.;:\n]{3,100}, ?(?:then |dann )?"
)
# What a sentence begins with that says when to come back: "Call also for any rash, nausea, …", "She will alert us if …"
_CALL_IF = re.compile(
    r"\W*(?:please |(?:she|he|patient|they) (?:will|should|is to|was told to) )?"
    r"(?:call(?! (?:light|bell|received|from))|come back|seek|return(?! (?:visit|of|to (?:the )?OR\b))"
    r"|(?:alert|notify|contact) (?:us|me|your?|our|the (?:doctor|physician|nurse|team|clinic|office|staff)|Dr|MD)\b)"
    r"[^.;\n]{0,60}?\b(?:if (?!needed|necessary|required)|(?:for|with) (?:any|new|worsening|increas\w+|persistent|severe|signs?)\b)",
    re.IGNORECASE,
)
_NO_MORE = re.compile(
    r";|\b(?:continue|take|as you|given|because|since|known|(?:s?he|patient) has)\b", re.IGNORECASE
)
_ASKED = 120  # characters at a sentence's beginning

# "No known drug allergies"
_NONE_KNOWN = re.compile(r"(?:NKD?A|NKMA)\.?", re.IGNORECASE)
# A form's sign, or what leads to the next item, that was taken for a part of the item: „Ikterus Ø“, „Flüssigkeit bzw“
_SIGN = re.compile(r"\s+(?:[Øø∅]|(?:bzw|und|oder|sowie|and|or)\.?)\Z|\s*\([+–−-]\)\Z")


def _without_sign(item: Item) -> Item:
    found = _SIGN.search(item.text)
    if not found or item.start is None:
        return item
    return replace(item, text=item.text[: found.start()], end=item.start + found.start())


def _is_asked_for(start: int, end: int, sections: Sectioned) -> bool:
    """Whether a sentence asks to be told of something, should it come: the words that do so stand before it, or are its own."""
    first, _ = sections.sentence(start)
    asking = _CALL_IF.match(sections.report, first, first + _ASKED)
    if asking is None or asking.end() > end:
        return False
    return not _NO_MORE.search(sections.report, asking.end(), max(start, asking.end()))


def asserted(item: Item, category: Category, sections: Sectioned) -> Item:
    """The item with the assertion that the words around it tell for certain; else as it is."""
    if item.assertion == "present" and _ADVICE.match(item.text):
        return replace(item, assertion="possible")
    if item.start is None or item.end is None or category.only:
        return item
    planned = category.fhir.resource == "ServiceRequest"
    if planned and item.assertion == "present":
        first, _ = sections.sentence(item.start)
        if _IN_CASE.search(item.text) or _FIRST_IF.fullmatch(
            sections.report, max(first, item.start - _ASKED), item.start
        ):
            return replace(item, assertion="possible")
    is_drug = category.fhir.resource == "MedicationStatement"
    if (
        item.assertion == "present"
        and not is_drug
        and _is_asked_for(item.start, item.end, sections)
    ):
        return replace(item, assertion="possible")
    if category.fhir.quantity:
        return of_result(item, sections)
    resource = category.fhir.resource
    tested = resource in ("Procedure", "MedicationStatement")
    item = item if tested else _without_sign(item)
    assert item.start is not None and item.end is not None
    told = answered(sections.report, item.start, item.end, tested=tested)
    if told:
        return replace(item, assertion=told)
    match resource:
        case "Condition":
            return of_finding(item, sections, disease=category.holds_diseases)
        case "Procedure":
            return of_procedure(item, sections)
        case "MedicationStatement":
            return of_drug(item, sections)
        case "FamilyMemberHistory" if item.assertion == "absent" and not is_denied(
            item.start, item.end, sections
        ):
            return replace(item, assertion="present")
        case "AllergyIntolerance" if _NONE_KNOWN.fullmatch(item.text):
            return replace(item, assertion="absent")
        case "AllergyIntolerance" if item.assertion == "present" and is_suspected(
            item, sections.report
        ):
            return replace(item, assertion="possible")
    return item
