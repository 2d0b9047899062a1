"""One row for one span: the items of a review as its reader sees them. No HTML here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from elmtex.review import ReviewedItem
from elmtex.schema import Category, CategorySchema
from elmtex.types import Item

_DENIES = re.compile(r"(?:no|not|nil|denie[sd]|keine?)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
# What the history may say around a disease that is listed for itself, besides when
_SAYS_NO_MORE = frozenset(
    "a an and bekannt bekannte bekannter der die das h history hx in known n nach no o of on of past post prior previous seit since "
    "status the z zn zustand".split()
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: the items on one span with one assertion.

    Args:
        items: one for each category that has the span; at least one. The first names the row and leads it.
        inside: items that are a part of the row's words and are decided with it: the test of a value,
            the history's words for an allergy or a disease.
    """

    items: tuple[ReviewedItem, ...]
    inside: tuple[ReviewedItem, ...] = ()

    @property
    def id(self) -> str:
        """The row's name, which no decision about it changes."""
        return self.items[0].id

    @property
    def ids(self) -> tuple[str, ...]:
        """All items that the row stands for."""
        return tuple(entry.id for entry in (*self.items, *self.inside))

    @property
    def open(self) -> tuple[str, ...]:
        """Those that wait for a decision."""
        return tuple(e.id for e in (*self.items, *self.inside) if e.verdict == "open")

    @property
    def lead(self) -> ReviewedItem:
        """The item whose words and attributes the row shows: the first that is not rejected."""
        return next((entry for entry in self.items if entry.kept), self.items[0])

    @property
    def verdict(self) -> str:
        """What was decided; ``open`` while one of its items waits."""
        return "open" if self.open else self.lead.verdict

    @property
    def confidence(self) -> float | None:
        """The lowest confidence that the model gave one of its items; None where it gave none."""
        given = [e.machine.confidence for e in self.items if e.machine is not None]
        return min((c for c in given if c is not None), default=None)

    @property
    def agreed(self) -> bool | None:
        """Whether both readings found each of its items; None where there was no second one of each."""
        said = [e.machine.agreed if e.machine is not None else None for e in self.items]
        return None if None in said else all(said)

    @property
    def disputed(self) -> bool:
        """Only one of two readings found one of its items."""
        return any(e.machine is not None and e.machine.agreed is False for e in self.items)


def rows_of(items: Iterable[ReviewedItem], schema: CategorySchema) -> tuple[Row, ...]:
    """The rows of a review's items, in report order; what has no place in the report comes last.

    Items of the same span and assertion share a row; an allergy leads it, else one whose category has attributes. A test is no row of its own where its words lie inside a
    value, or are an attribute of another item; nor is what the history says of an allergy or a disease that is listed for
    itself.

    Args:
        items: of one review; rejected ones included.
        schema: says which categories hold values, and in which order the items of a row stand.
    """
    order = {key: number for number, key in enumerate(schema.keys)}
    categories = {category.key: category for category in schema.categories}
    grouped: dict[object, list[ReviewedItem]] = {}

    def leads(entry: ReviewedItem) -> tuple[bool, bool, int]:
        category = categories[entry.category]
        is_allergy = category.fhir.resource == "AllergyIntolerance"
        return not is_allergy, not category.attributes, order[entry.category]

    for entry in sorted(items, key=leads):
        grouped.setdefault(_place(entry), []).append(entry)
    rows = [Row(tuple(entries)) for entries in grouped.values()]
    owners = _owners(rows, categories)
    inside: dict[str, list[ReviewedItem]] = {}
    for id, owner in owners.items():
        inside.setdefault(owner, []).extend(next(r.items for r in rows if r.id == id))
    whole = [Row(r.items, tuple(inside.get(r.id, ()))) for r in rows if r.id not in owners]
    return tuple(sorted(whole, key=lambda row: _order(row.items[0].item)))


def _place(entry: ReviewedItem) -> object:
    item = entry.item
    return (item.start, item.end, item.assertion) if item.grounded else entry.id


def _order(item: Item) -> tuple[bool, int, int]:
    return not item.grounded, item.start or 0, item.end or 0


def _owners(rows: Iterable[Row], categories: Mapping[str, Category]) -> dict[str, str]:
    """The rows that are part of another one, each with that one; an owner is no part itself. An allergy of the history is
    a part of its substance's row, and a disease of the history of the row that it has for itself."""
    holders = [
        (row, entry, categories[entry.category])
        for row in rows
        for entry in row.items
        if entry.item.grounded
        and (entry.item.attributes or categories[entry.category].fhir.quantity)
    ]
    owners: dict[str, str] = {}
    substances = [
        (row, entry.item)
        for row in rows
        for entry in row.items
        if categories[entry.category].fhir.resource == "AllergyIntolerance" and entry.item.grounded
    ]
    diseases = [
        (row, row.items[0].item)
        for row in rows
        if categories[row.items[0].category].fhir.resource == "Condition"
        and categories[row.items[0].category].attributes
        and row.items[0].item.grounded
    ]
    for row in rows:
        if len(row.items) > 1 or not row.items[0].item.grounded:
            continue
        part = row.items[0]
        fhir = categories[part.category].fhir
        if fhir.resource == "Condition" and "AllergyIntolerance" in fhir.also:
            of = (other.id for other, substance in substances if _tells_of(part.item, substance))
            if owner := next(of, None):
                owners[row.id] = owner
                continue
        if fhir.resource == "Condition" and not categories[part.category].attributes:
            of = (other.id for other, disease in diseases if _is_history_of(part.item, disease))
            if owner := next(of, None):
                owners[row.id] = owner
                continue
        test = fhir.resource == "Procedure"
        for holder, entry, category in holders:
            if holder.id not in owners and _holds(entry, category, part, test):
                owners[row.id] = holder.id
                break
    return owners


def _tells_of(item: Item, substance: Item) -> bool:
    """Whether an item is the allergy to a substance: "penicillin allergy (rash)" around "penicillin", or "no known
    allergies" around allergies that are absent."""
    same = item.assertion == substance.assertion
    denied = substance.assertion == "absent" and _DENIES.match(item.text)
    return bool(same or denied) and _around(item, substance)


def _is_history_of(item: Item, disease: Item) -> bool:
    """Whether an item of the history says no more than a disease that is listed for itself: "NSTEMI 2017" around "NSTEMI",
    whose time is 2017; "No history of stroke" around a stroke that is absent."""
    if not _around(item, disease) or (item.start, item.end) == (disease.start, disease.end):
        return False
    denied = disease.assertion == "absent" and _DENIES.match(item.text)
    if not denied and item.assertion != disease.assertion:
        return False
    said = [(disease.start, disease.end), *((a.start, a.end) for a in disease.attributes)]
    rest = [
        word[0].casefold()
        for word in _WORD.finditer(item.text)
        if not any(
            start is not None
            and end is not None
            and start <= (item.start or 0) + word.start() < end
            for start, end in said
        )
    ]
    return _SAYS_NO_MORE.issuperset(rest)


def _around(outer: Item, inner: Item) -> bool:
    """Whether a grounded item's span lies inside another's."""
    assert outer.start is not None and outer.end is not None
    assert inner.start is not None and inner.end is not None
    return outer.start <= inner.start < inner.end <= outer.end


def _holds(entry: ReviewedItem, category: Category, part: ReviewedItem, test: bool) -> bool:
    """Whether ``part`` is a part of the item ``entry``, which is longer."""
    item, inner = entry.item, part.item
    if entry.category == part.category or (item.start, item.end) == (inner.start, inner.end):
        return False
    if not _around(item, inner):
        return False
    if category.fhir.quantity:
        return test
    return test and any((a.start, a.end) == (inner.start, inner.end) for a in item.attributes)
