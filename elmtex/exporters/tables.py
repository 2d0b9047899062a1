"""CSV (RFC 4180): one row an item with columns for each attribute type, or one row an attribute."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from elmtex.exporters.cells import Cell, cell, csv_table
from elmtex.exporters.normal import is_normal
from elmtex.schema import AttributeType, Category, CategorySchema
from elmtex.types import Attribute, Extraction, Item, Judgement, ReviewState
from elmtex.values import Date, Quantity, Route, Status

ITEM_COLUMNS = (
    *("id", "category", "text", "start", "end", "assertion", "confidence", "codes"),
    *("section", "mentions", "normal"),
)
ATTRIBUTE_COLUMNS = (
    *("id", "category", "item", "item_start", "item_end", "assertion"),
    *("type", "text", "start", "end", "confidence", "value"),
)
# Whether a human reviewed the item, who and when.
REVIEW_COLUMNS = ("judged", "reviewer", "reviewed_at")

# What the words of a type say as data, by its normaliser; behind the words' own column.
_VALUE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "quantity": ("number", "comparator", "unit"),
    "duration": ("number", "comparator", "unit"),
    "date": ("date",),
    "route": ("code",),
    "status": ("code",),
}


class Document(NamedTuple):
    """A document to write.

    Args:
        extraction: the document.
        schema: its schema.
        review: what of it a human has reviewed; None for no such columns.
        source: the id columns of the file that the report came from, by their names; they come first.
    """

    extraction: Extraction
    schema: CategorySchema
    review: ReviewState | None = None
    source: Mapping[str, str] = {}


def item_table(documents: Iterable[Document]) -> str:
    """A table with a header and one row per item of each document.

    After the item's own columns comes one for each attribute type that a category of the schemas lists, in the
    order in which the schema names them; several spans of a type are joined by ``"; "``. A column is named by
    its type's key, or ``attribute.KEY`` where the key is a name that the table has already. Behind it are columns
    for what the words say as data: ``dose_number``, ``dose_comparator`` and ``dose_unit`` (UCUM), ``when_date`` (ISO
    8601), ``route_code`` (SNOMED CT), ``status_code``; each empty where that is not certain. The number of a range or of
    a pair is empty. An attribute of a type that no category lists, as in an invalid document, is in
    :func:`attribute_table` alone.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; offsets still point at the words as
    in the report. Codes are written ``SYSTEM|CODE``, best first, and mentions ``START-END``, joined by spaces.
    """
    rows = list(documents)
    types = _types(rows)
    own = {*ITEM_COLUMNS, *REVIEW_COLUMNS, *_source_names(rows)}
    named: list[str] = []
    for type in types:
        name = f"attribute.{type.key}" if type.key in own else type.key
        named += [
            name,
            *(f"{name}_{part}" for part in _VALUE_COLUMNS.get(type.normaliser or "", ())),
        ]
    return csv_table(
        [*_head(ITEM_COLUMNS, rows), *named],
        (
            [*first, category.key, *_item_cells(item, category), *seen, *_type_cells(item, types)]
            for first, category, item, seen in _items(rows)
        ),
    )


def attribute_table(documents: Iterable[Document]) -> str:
    """A table with a header and one row per attribute, beside it the item that it belongs to.

    An item without attributes has no row. ``confidence`` is the attribute's, ``value`` what its words say as JSON
    (:mod:`elmtex.values`), empty where that is not certain; cells are written as in :func:`item_table`.
    """
    rows = list(documents)
    return csv_table(
        _head(ATTRIBUTE_COLUMNS, rows),
        (
            [*first, category.key, *_owner_cells(item), *_attribute_cells(attribute), *seen]
            for first, category, item, seen in _items(rows)
            for attribute in item.attributes
        ),
    )


def source_head(rows: Iterable[Document]) -> list[str]:
    """The columns that say which report a row is of: ``id``, and those of the file it came from."""
    return ["id", *_source_names(rows)]


def source_cells(row: Document, head: Iterable[str]) -> list[Cell]:
    """The cells of :func:`source_head`."""
    return [cell(row.extraction.id if name == "id" else row.source.get(name, "")) for name in head]


def review_cells(review: ReviewState | None, place: tuple[str, int]) -> tuple[str, ...]:
    """The cells of :data:`REVIEW_COLUMNS` for an item."""
    if review is None or place not in review.items:
        return "no", "", ""
    by = review.judgements.get(place, Judgement())
    return "yes", cell(by.reviewer), by.at


def _source_names(rows: Iterable[Document]) -> list[str]:
    names = dict.fromkeys(name for row in rows for name in row.source)
    return [name for name in names if name != "id"]


def _types(rows: Iterable[Document]) -> list[AttributeType]:
    """The types that some category lists, as the schemas' own ``x-attributes`` are ordered."""
    found: dict[str, AttributeType] = {}
    for row in rows:
        listed = {t.key: t for t in row.schema.attributes}
        for key in row.schema.document.get("x-attributes", ()):
            if key in listed:
                found.setdefault(key, listed[key])
    return list(found.values())


def _head(columns: tuple[str, ...], rows: list[Document]) -> list[str]:
    review = REVIEW_COLUMNS if any(row.review for row in rows) else ()
    return [*source_head(rows), *columns[1:], *review]


def _items(rows: list[Document]) -> Iterator[tuple[list[Cell], Category, Item, tuple[str, ...]]]:
    """Each item with the cells of its report, its category and the cells of :data:`REVIEW_COLUMNS`, () without them."""
    judged, head = any(row.review for row in rows), source_head(rows)
    for row in rows:
        first = source_cells(row, head)
        for key, items in row.extraction.categories.items():
            category = row.schema.category(key)
            for place, item in enumerate(items):
                seen = review_cells(row.review, (key, place)) if judged else ()
                yield first, category, item, seen


def _item_cells(item: Item, category: Category) -> tuple[Cell, ...]:
    codes = " ".join(f"{code.system}|{code.code}" for code in item.codes)
    mentions = " ".join(f"{mention.start}-{mention.end}" for mention in item.mentions)
    return (
        *(cell(item.text), item.start, item.end, item.assertion, item.confidence),
        *(cell(codes), item.section or "", mentions),
        "yes" if is_normal(item, category) else "",
    )


def _type_cells(item: Item, types: Iterable[AttributeType]) -> Iterator[Cell]:
    for type in types:
        found = [a for a in item.attributes if a.type == type.key]
        yield cell("; ".join(a.text for a in found))
        for part in _VALUE_COLUMNS.get(type.normaliser or "", ()):
            said = [_part(a, part) for a in found]
            yield said[0] if len(said) == 1 else "; ".join(map(str, said)) if any(said) else ""


def _part(attribute: Attribute, part: str) -> Cell:
    match attribute.value:
        case Quantity() as value:
            parts: dict[str, Cell] = {
                "number": value.value,
                "comparator": value.comparator and cell(value.comparator),
                "unit": cell(value.code),
            }
            return parts[part] if parts[part] is not None else ""
        case Date(date=said):
            return said
        case Route(code=said) | Status(status=said):
            return said
    return ""


def _owner_cells(item: Item) -> tuple[Cell, ...]:
    return (cell(item.text), item.start, item.end, item.assertion)


def _attribute_cells(attribute: Attribute) -> tuple[Cell, ...]:
    """From ``type`` on, see :data:`ATTRIBUTE_COLUMNS`."""
    value = attribute.value
    return (
        *(cell(attribute.type), cell(attribute.text)),
        *(attribute.start, attribute.end, attribute.confidence),
        None if value is None else json.dumps(value.to_dict(), ensure_ascii=False),
    )
