"""Which category words of a report belong to first, by the heading above them. No HTML here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from elmtex.review import ReviewedItem
from elmtex.schema import Category, CategorySchema
from elmtex.text.sections import sections

_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")
# What the heading itself says, in FHIR's terms: the resource, and of a condition whether it is past.
_RESOURCES = {
    "medication": ("MedicationStatement", None),
    "allergies": ("AllergyIntolerance", None),
    "family_history": ("FamilyMemberHistory", None),
    "past_history": ("Condition", "inactive"),
}


def section_categories(
    report: str, schema: CategorySchema, items: Iterable[ReviewedItem]
) -> list[tuple[int, str]]:
    """Where each paragraph begins (code points, ascending), with the key of the category that is added there first.

    A heading such as "Allergies" names it. Elsewhere it is the one that most items of the paragraph have, or of its
    section; "" where there is none.
    """
    kept = [(e.item.start, e.category) for e in items if e.kept and e.item.start is not None]
    said = []
    for section in sections(report):
        named = _named(section.kind, schema)
        around = _common(kept, section.start, section.body[1])
        for number, (start, end) in enumerate(_paragraphs(report, section.start, section.body[1])):
            here = _common(kept, start, end)
            said.append((start, (here or named if number else named or here) or around))
    return said


def _paragraphs(report: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches between empty lines; the first begins with the section."""
    at = start
    for gap in _EMPTY_LINE.finditer(report, start, end):
        if report[at : gap.start()].strip():
            yield at, gap.end()
            at = gap.end()
    if at == start or report[at:end].strip():
        yield at, end


def _common(kept: Iterable[tuple[int, str]], start: int, end: int) -> str:
    common = Counter(key for at, key in kept if start <= at < end).most_common(1)
    return common[0][0] if common else ""


def _named(kind: str | None, schema: CategorySchema) -> str:
    wanted = _RESOURCES.get(kind or "")
    return next((c.key for c in schema.categories if wanted and _is(c, *wanted)), "")


def _is(category: Category, resource: str, clinical_status: str | None) -> bool:
    fhir = category.fhir
    return fhir.resource == resource and clinical_status in (None, fhir.clinical_status)
