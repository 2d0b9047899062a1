"""Assertions that the program decides, where words tell them for certain, not the model; by what the category's items become in FHIR."""

from __future__ import annotations

import re
from dataclasses import replace

from elmtex.extractors.assertions.conditions import (
    has_condition,
    is_advice,
    is_asked_for,
    is_conditional,
)
from elmtex.extractors.assertions.denials import is_denied
from elmtex.extractors.assertions.drugs import of_drug
from elmtex.extractors.assertions.findings import is_suspected, of_finding
from elmtex.extractors.assertions.procedures import of_procedure, of_result
from elmtex.schema import Category
from elmtex.text.form_field import answered
from elmtex.text.sections import Sectioned
from elmtex.types import Item

# "No known drug allergies"
_NONE_KNOWN = re.compile(r"(?:NKD?A|NKMA)\.?", re.IGNORECASE)
# A form's sign, or what leads to the next item, that was taken for a part of the item: „Ikterus Ø“, „Flüssigkeit bzw“
_SIGN = re.compile(r"\s+(?:[Øø∅]|(?:bzw|und|oder|sowie|and|or)\.?)\Z|\s*\([+–−-]\)\Z")


def _without_sign(item: Item) -> Item:
    found = _SIGN.search(item.text)
    if not found or item.start is None:
        return item
    return replace(item, text=item.text[: found.start()], end=item.start + found.start())


def asserted(item: Item, category: Category, sections: Sectioned) -> Item:
    """The item with the assertion that the words around it tell for certain; else as it is."""
    if item.assertion == "present" and is_advice(item.text):
        return replace(item, assertion="possible")
    if item.start is None or item.end is None or category.only:
        return item
    planned = category.fhir.resource == "ServiceRequest"
    if_case = planned and (has_condition(item.text) or is_conditional(item, sections))
    if item.assertion == "present" and if_case:
        return replace(item, assertion="possible")
    is_drug = category.fhir.resource == "MedicationStatement"
    if item.assertion == "present" and not is_drug and is_asked_for(item.start, item.end, sections):
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
