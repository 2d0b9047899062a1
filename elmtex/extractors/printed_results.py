"""The results of printed tables: each cell of a row in which the model found a result is one, whole, with the row's test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from elmtex.schema import AttributeType, CategorySchema
from elmtex.text.printed_row import PrintedRow, printed_row
from elmtex.text.rows import line_of
from elmtex.types import Attribute, Item


def with_printed_results(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """The items; of a category of results, those of a printed row as the row has them.

    A row counts where the model found an item in it. What it missed of the row gets the confidence of the row's least sure
    item; a value taken from the wrong cell, or a unit taken for one, gives way to the cell's own.

    Args:
        categories: items by category.
        schema: says by ``x-fhir`` which attribute types are the test and the value.
        report: where the items are spans.
    """
    found = dict(categories)
    for category in schema.categories:
        test, value = (_type(category.attributes, name) for name in ("test", "value"))
        if test and value and found.get(category.key):
            found[category.key] = tuple(_completed(found[category.key], test, value, report))
    return found


def _type(types: Iterable[AttributeType], name: str) -> str | None:
    return next((type.key for type in types if type.fhir == name), None)


def _completed(items: Sequence[Item], test: str, value: str, report: str) -> Iterator[Item]:
    lines: dict[int, list[Item]] = {}
    for item in items:
        lines.setdefault(
            line_of(report, item.start)[0] if item.start is not None else -1, []
        ).append(item)
    for line, own in lines.items():
        row = printed_row(report, line) if line >= 0 else None
        yield from _of_row(own, row, test, value, report) if row else own


def _of_row(
    items: Sequence[Item], row: PrintedRow, test: str, value: str, report: str
) -> Iterator[Item]:
    least = min(items, key=lambda item: item.confidence or 0)
    heading = [i for i in items if i.start is not None and i.start < row.results[0][0]]
    for span in row.results:
        owner = next((item for item in items if item.overlaps(*span)), None)
        if owner is None and span == row.results[0] and heading:
            owner = heading[0]
        start = span[0]
        if span == row.results[0] and owner is not None and owner.start is not None:
            start = min(start, owner.start)
        kept = owner or replace(least, mentions=())
        own = {a.type: a for a in kept.attributes if (a.start, a.end) in (row.test, span)}
        told = [
            own.get(key, Attribute(key, report[slice(*place)], *place))
            for key, place in ((test, row.test), (value, span))
        ]
        others = (a for a in kept.attributes if owner and a.type not in (test, value))
        yield replace(
            kept,
            text=report[start : span[1]],
            start=start,
            end=span[1],
            attributes=(*told, *others),
        )
