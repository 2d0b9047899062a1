"""Which category words of a report belong to first, by the heading above them. No HTML here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from elmtex.review import ReviewedItem
from elmtex.schema import Category, CategorySchema
from elmtex.text.sections import sections

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
    """Where each section begins (code points, ascending), with the key of the category that is added there first.

    A heading such as "Allergies" names it. Elsewhere it is the one that most of the section's items have; "" where
    there is none.
    """
    found = sections(report)
    kept = [(e.item.start, e.category) for e in items if e.kept and e.item.start is not None]
    said = []
    for section in found:
        start, end = section.body
        here = Counter(key for at, key in kept if start <= at < end)
        common = here.most_common(1)
        said.append(
            (section.start, _named(section.kind, schema) or (common[0][0] if common else ""))
        )
    return said


def _named(kind: str | None, schema: CategorySchema) -> str:
    wanted = _RESOURCES.get(kind or "")
    return next((c.key for c in schema.categories if wanted and _is(c, *wanted)), "")


def _is(category: Category, resource: str, clinical_status: str | None) -> bool:
    fhir = category.fhir
    return fhir.resource == resource and clinical_status in (None, fhir.clinical_status)
