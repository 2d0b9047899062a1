"""What the program decides about attributes, not the model: their type where closed lists tell it, and the test of a
table's later columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from elmtex.schema import AttributeType, CategorySchema
from elmtex.text.rows import row_head
from elmtex.types import Attribute, Item
from elmtex.values import value_of

# Normalisers that read closed lists of words, so that what they read is of their type for certain: "p.o.", "b.i.d."
_CERTAIN = ("route", "timing")


def by_rule(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """The items with what rules change of their attributes: "p.o." is no frequency, and each cell of a table's row
    belongs to the test that heads the row.

    Args:
        categories: items by category.
        schema: says by ``x-value`` what the words of a type are, and by ``x-row`` which type heads rows.
        report: where the items are spans.
    """
    ruled = dict(categories)
    for category in schema.categories:
        types = category.attributes
        ruled[category.key] = tuple(
            _with_row_head(_retyped(item, types), types, report)
            for item in categories.get(category.key, ())
        )
    return ruled


def _retyped(item: Item, types: Iterable[AttributeType]) -> Item:
    """The item, with attributes that only the list of another of these types knows moved to it."""
    normalisers = {type.key: type.normaliser for type in types}
    certain = {name: key for key, name in normalisers.items() if name in _CERTAIN}

    def now(attribute: Attribute) -> Attribute:
        own = normalisers.get(attribute.type)
        if own is None or value_of(own, attribute.text) is not None:
            return attribute
        for normaliser, key in certain.items():
            if value_of(normaliser, attribute.text) is not None:
                return replace(attribute, type=key)
        return attribute

    order = {key: place for place, key in enumerate(normalisers)}
    attributes = sorted(map(now, item.attributes), key=lambda a: order.get(a.type, -1))
    return replace(item, attributes=tuple(attributes))


def _with_row_head(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    """The item, with the words that head its row if nothing of their type belongs to it yet."""
    for type in types:
        if not type.heads_rows or any(a.type == type.key for a in item.attributes):
            continue
        head = row_head(report, item.start) if item.start is not None else None
        if head:
            added = Attribute(type.key, report[slice(*head)], *head)
            return replace(item, attributes=(added, *item.attributes))
    return item
