"""CSV (RFC 4180): one row an item with a column per attribute type, or one row an attribute."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from elmtex.schema import CategorySchema
from elmtex.types import Attribute, Extraction, Item, ReviewState

ITEM_COLUMNS = ("id", "category", "text", "start", "end", "assertion", "confidence", "codes")
ATTRIBUTE_COLUMNS = (
    *("id", "category", "item", "item_start", "item_end", "assertion"),
    *("type", "text", "start", "end", "confidence", "value"),
)
JUDGED = "judged"  # the column that says whether a human reviewed the item

Cell = str | int | float | None


class Document(NamedTuple):
    """A document to write, its schema, and what of it a human has reviewed; None for no such column."""

    extraction: Extraction
    schema: CategorySchema
    review: ReviewState | None = None


# What Excel, LibreOffice and Google Sheets take for the start of a formula (OWASP, "CSV Injection"), with the
# full-width signs that some of them fold.
_FORMULA = tuple("=+-@＝＋－＠")
# Where a German Excel separates cells, even inside quotation marks.
_PARTS = frozenset(";\t\r\n")
# What may precede such a character: what separates cells, white space, invisible characters.
_BEFORE = re.compile(
    r"[;\s\x00-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+"
)


def item_table(documents: Iterable[Document]) -> str:
    """A table with a header and one row per item of each document.

    After the item's own columns comes one for each attribute type that a category of the schemas lists, in the
    order in which the schema names them; several spans of a type are joined by ``"; "``. A column is named by
    its type's key, or ``attribute.KEY`` where the key is a name that the table has already. An attribute of a type that
    no category lists, as in an invalid document, is in :func:`attribute_table` alone.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; offsets still point at the words as
    in the report. Codes are written ``SYSTEM|CODE``, best first, joined by spaces.
    """
    rows = list(documents)
    types = list(dict.fromkeys(key for row in rows for key in _types(row.schema)))
    own = (*ITEM_COLUMNS, JUDGED)
    named = [f"attribute.{key}" if key in own else key for key in types]

    def cells(item: Item) -> list[Cell]:
        spans: dict[str, list[str]] = {key: [] for key in types}
        for attribute in item.attributes:
            spans.get(attribute.type, []).append(attribute.text)
        return [_cell("; ".join(texts)) for texts in spans.values()]

    return _table(
        [*_head(ITEM_COLUMNS, rows), *named],
        (
            [_cell(row.extraction.id), key, *_item_cells(item), *seen, *cells(item)]
            for row, key, item, seen in _items(rows)
        ),
    )


def attribute_table(documents: Iterable[Document]) -> str:
    """A table with a header and one row per attribute, beside it the item that it belongs to.

    An item without attributes has no row. ``confidence`` is the attribute's, ``value`` what its words say as JSON
    (:mod:`elmtex.values`), empty where that is not certain; cells are written as in :func:`item_table`.
    """
    rows = list(documents)
    return _table(
        _head(ATTRIBUTE_COLUMNS, rows),
        (
            [
                _cell(row.extraction.id),
                key,
                *_owner_cells(item),
                *_attribute_cells(attribute),
                *seen,
            ]
            for row, key, item, seen in _items(rows)
            for attribute in item.attributes
        ),
    )


def _types(schema: CategorySchema) -> list[str]:
    """The keys of the types that some category lists, as the schema's own ``x-attributes`` are ordered."""
    listed = {t.key for t in schema.attributes}
    return [key for key in schema.document.get("x-attributes", ()) if key in listed]


def _head(columns: tuple[str, ...], rows: list[Document]) -> tuple[str, ...]:
    return (*columns, JUDGED) if any(row.review for row in rows) else columns


def _items(rows: list[Document]) -> Iterator[tuple[Document, str, Item, tuple[str, ...]]]:
    """Each item with its document, its category and the cell of :data:`JUDGED`, () without that column."""
    judged = any(row.review for row in rows)
    for row in rows:
        for key, items in row.extraction.categories.items():
            for place, item in enumerate(items):
                seen = row.review is not None and (key, place) in row.review.items
                yield row, key, item, ("yes" if seen else "no",) if judged else ()


def _item_cells(item: Item) -> tuple[Cell, ...]:
    codes = " ".join(f"{code.system}|{code.code}" for code in item.codes)
    return (_cell(item.text), item.start, item.end, item.assertion, item.confidence, _cell(codes))


def _owner_cells(item: Item) -> tuple[Cell, ...]:
    return (_cell(item.text), item.start, item.end, item.assertion)


def _attribute_cells(attribute: Attribute) -> tuple[Cell, ...]:
    """From ``type`` on, see :data:`ATTRIBUTE_COLUMNS`."""
    value = attribute.value
    return (
        *(_cell(attribute.type), _cell(attribute.text)),
        *(attribute.start, attribute.end, attribute.confidence),
        None if value is None else json.dumps(value.to_dict(), ensure_ascii=False),
    )


def _table(head: Iterable[str], rows: Iterable[list[Cell]]) -> str:
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(head)
    writer.writerows(rows)
    return table.getvalue()


def _cell(text: str) -> str:
    def held(run: re.Match[str]) -> str:
        behind = text.startswith(_FORMULA, run.end()) and not _PARTS.isdisjoint(run[0])
        return run[0] + "'" * behind

    begun = _BEFORE.match(text)
    formula = text.startswith((*_FORMULA, "\t", "\r", "\n")) or (
        begun is not None and text.startswith(_FORMULA, begun.end())
    )
    # Each run once and whole: looking behind every separator again would take a minute for a page of line ends.
    return "'" * formula + _BEFORE.sub(held, text)
