"""Items by what FHIR makes of their category: which are drugs, past conditions or signs, and where these stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from elmtex.extractors.spans import Spans
from elmtex.schema import Category
from elmtex.types import Item

NEAR = 60  # characters before a sign


def is_of_signs(category: Category) -> bool:
    fhir = category.fhir
    is_active = fhir.resource == "Condition" and fhir.clinical_status == "active"
    return is_active and not category.holds_diseases


def spans_of(
    categories: Mapping[str, tuple[Item, ...]],
    kinds: Mapping[str, Category],
    wanted: Callable[[Category], bool],
    counts: Callable[[Item], bool] = lambda item: True,
) -> Spans:
    """Where the items of the wanted categories stand, of those that count."""
    return Spans.of(filter(counts, items_of(categories, kinds, wanted)))


def items_of(
    categories: Mapping[str, tuple[Item, ...]],
    kinds: Mapping[str, Category],
    wanted: Callable[[Category], bool],
) -> Iterator[Item]:
    """The items of the wanted categories."""
    return (item for key, items in categories.items() if wanted(kinds[key]) for item in items)


def first_of(kinds: Mapping[str, Category], wanted: Callable[[Category], bool]) -> str | None:
    """The first category that is wanted; None where there is none."""
    return next((key for key, category in kinds.items() if wanted(category)), None)


def in_order(*items: Item) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda item: item.start or 0))


def is_past(category: Category) -> bool:
    return category.fhir.clinical_status == "inactive"


def of_resource(resource: str) -> Callable[[Category], bool]:
    return lambda category: category.fhir.resource == resource
