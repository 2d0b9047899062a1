"""A review's rows as tables: drugs, allergies, problems, normal findings, values, and a list for each other category. No HTML here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from elmtex.exporters.normal import is_normal
from elmtex.review import ReviewedItem
from elmtex.schema import AttributeType, Category, CategorySchema
from elmtex.text.normalisation import trimmed
from elmtex.text.printed_row import printed_row
from elmtex.text.result_line import Around, around
from elmtex.types import Attribute
from elmtex.values import Pair, Quantity, Range, Value
from elmtex.web.report_tab.highlight import is_evidence
from elmtex.web.report_tab.rows import Row

Kind = Literal["drugs", "allergies", "problems", "normal", "values", "list"]

_KINDS: dict[str, Kind] = {
    "MedicationStatement": "drugs",
    "AllergyIntolerance": "allergies",
    "Condition": "problems",
}
# The columns that a table of values has beside the attributes of its items; messages have their titles.
UNIT, RANGE, FLAG, WHEN = "unit", "range", "flag", "when_measured"
_OF = re.compile(r"(?:of|von)\s+(?=\w)")


@dataclass(frozen=True, slots=True)
class Part:
    """Words of the report in a cell.

    Args:
        text: what is shown.
        start, end: half-open code points of the words; None where the report does not have them.
        attribute: the type of attribute they belong to; None for the item's own words and what is only read beside
            it (a reference range, a flag), which cannot be edited in the cell.
        at: where that attribute begins, which tells it from others of its type; None where it is not grounded.
        whole: the attribute's words, of which the cell may show a part.
    """

    text: str
    start: int | None
    end: int | None
    attribute: str | None = None
    at: int | None = None
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: an attribute type's, or one of :data:`UNIT`, :data:`RANGE`, :data:`FLAG`, :data:`WHEN`."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Record:
    """A row with its cells.

    Args:
        row: the row.
        head: the words that name it: the substance of a drug, the test of a value; the item's own elsewhere.
        cells: the parts in each column, in the columns' order.
        notes: the parts of attributes that have no column, each with its type's title.
    """

    row: Row
    head: Part
    cells: tuple[tuple[Part, ...], ...]
    notes: tuple[tuple[str, Part], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that belong together.

    Args:
        kind: what they are.
        categories: those whose rows they are, in the schema's order; at least one.
        columns: beside the head; () in a list.
        records: the rows, in report order.
    """

    kind: Kind
    categories: tuple[Category, ...]
    columns: tuple[Column, ...]
    records: tuple[Record, ...]

    @property
    def key(self) -> str:
        """Its name on the page: the categories of a kind stand together, every other category for itself."""
        return self.categories[0].key if self.kind == "list" else self.kind


def kind_of(category: Category) -> Kind:
    """The table that a category's items stand in, but for normal findings: these have one of their own."""
    if category.fhir.resource == "Observation" and category.fhir.quantity:
        return "values"
    return _KINDS.get(category.fhir.resource, "list")


def tables(
    rows: Iterable[Row], schema: CategorySchema, report: str, lang: str
) -> tuple[Table, ...]:
    """The tables that have rows: drugs, allergies, problems, normal findings, values, then the other categories in the
    schema's order.

    Args:
        rows: of the review, or a part of them.
        schema: its categories.
        report: where their words stand.
        lang: of the columns' titles.
    """
    found: dict[tuple[Kind, str], list[Row]] = {}
    for row in rows:
        category = schema.category(row.items[0].category)
        normal = is_normal(row.lead.item, schema.category(row.lead.category))
        kind: Kind = "normal" if normal else kind_of(category)
        found.setdefault((kind, category.key if kind == "list" else ""), []).append(row)
    kinds: tuple[Kind, ...] = (*_KINDS.values(), "normal", "values")
    keys = [(kind, "") for kind in kinds] + [("list", c.key) for c in schema.categories]
    return tuple(
        _table(kind, found[kind, key], schema, report, lang)
        for kind, key in keys
        if (kind, key) in found
    )


def _table(
    kind: Kind,
    rows: Sequence[Row],
    schema: CategorySchema,
    report: str,
    lang: str,
) -> Table:
    own_keys = {row.items[0].category for row in rows}
    categories = tuple(
        c
        for c in schema.categories
        if (c.key in own_keys if kind in ("normal", "list") else kind_of(c) == kind)
    )
    types = tuple({t.key: t for c in categories for t in c.attributes}.values())
    name = _naming(kind, types)
    own = [_own_parts(row.lead, report) for row in rows]
    if kind in ("problems", "normal", "list"):
        titles = {t.key: t.title_in(lang) for t in types}
        records = tuple(
            Record(row, _words(row.lead, report), (), _noted(parts, titles))
            for row, parts in zip(rows, own, strict=True)
        )
        return Table(kind, categories, (), records)
    used = {part.attribute for parts in own for part in parts} - {name}
    columns = [Column(t.key, t.title_in(lang)) for t in types if t.key in used]
    if kind != "values":
        return Table(
            kind,
            categories,
            tuple(columns),
            tuple(
                Record(row, _rest(row.lead, report), tuple(_of(parts, c.key) for c in columns))
                for row, parts in zip(rows, own, strict=True)
            ),
        )
    beside = [around(report, row.lead.item) for row in rows]
    records = tuple(
        _value_record(row, parts, name, read, columns, report)
        for row, parts, read in zip(rows, own, beside, strict=True)
    )
    extra = (UNIT, RANGE, FLAG, WHEN)
    there = [n for n, _ in enumerate(extra) if any(r.cells[len(columns) + n] for r in records)]
    kept = [*range(len(columns)), *(len(columns) + n for n in there)]
    return Table(
        kind,
        categories,
        (*columns, *(Column(extra[n], "") for n in there)),
        tuple(Record(r.row, r.head, tuple(r.cells[n] for n in kept), r.notes) for r in records),
    )


def _value_record(
    row: Row,
    parts: Sequence[Part],
    name: str | None,
    beside: Around,
    columns: Sequence[Column],
    report: str,
) -> Record:
    """A result: its test as the head, the unit apart from its number, range and flag from beside it."""
    heads = _of(parts, name) if name else ()
    head = heads[0] if heads else _rest(row.lead, report)
    cells, units = [], []
    for column in columns:
        split = [_split(part, row.lead) for part in _of(parts, column.key)]
        cells.append(tuple(number for number, _ in split))
        units += [unit for _, unit in split if unit is not None]
    if not units:
        units += _unit_of_row(row, report)
    spans = (beside.limits, beside.flag, beside.when)
    found = tuple((Part(report[slice(*s)], *s),) if s else () for s in spans)
    return Record(row, head, (*cells, tuple(units), *found), ())


def _unit_of_row(row: Row, report: str) -> list[Part]:
    """The unit that a printed row has in a cell of its own, or behind the test."""
    start = row.lead.item.start
    printed = None if start is None else printed_row(report, start)
    unit = printed.unit if printed else None
    return [Part(report[slice(*unit)], *unit)] if unit else []


def _naming(kind: Kind, types: Sequence[AttributeType]) -> str | None:
    """The type that names a value, as its test does: the first whose words are no data."""
    if kind != "values":
        return None
    return next((t.key for t in types if t.normaliser is None), None)


def _own_parts(entry: ReviewedItem, report: str) -> tuple[Part, ...]:
    return tuple(_part(a, report) for a in entry.item.attributes)


def _part(attribute: Attribute, report: str) -> Part:
    grounded = is_evidence(attribute, report)
    start, end = (attribute.start, attribute.end) if grounded else (None, None)
    return Part(attribute.text, start, end, attribute.type, attribute.start, attribute.text)


def _of(parts: Iterable[Part], key: str) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.attribute == key)


def _noted(parts: Iterable[Part], titles: dict[str, str]) -> tuple[tuple[str, Part], ...]:
    return tuple((titles.get(part.attribute or "", part.attribute or ""), part) for part in parts)


def _words(entry: ReviewedItem, report: str) -> Part:
    """The item's own words."""
    item = entry.item
    start, end = (item.start, item.end) if is_evidence(item, report) else (None, None)
    return Part(item.text, start, end)


def _rest(entry: ReviewedItem, report: str) -> Part:
    """The item's words without those of its attributes; all of them where that leaves none or several pieces."""
    item = entry.item
    if item.start is None or item.end is None or not is_evidence(item, report):
        return _words(entry, report)
    pieces, at = [], item.start
    inside = [(a.start, a.end) for a in item.attributes if is_evidence(a, report)]
    for start, end in sorted((s or 0, e or 0) for s, e in inside):
        pieces.append((at, min(start, item.end)))
        at = max(at, end)
    pieces.append((at, item.end))
    left = [trimmed(report, start, end) for start, end in pieces if start < end]
    left = [(start, end) for start, end in left if any(map(str.isalpha, report[start:end]))]
    if len(left) != 1:
        return _words(entry, report)
    ((start, end),) = left
    if of := _OF.match(report, start, end):  # "500 mg of azithromycin"
        start = of.end()
    return Part(report[start:end], start, end)


def _split(part: Part, entry: ReviewedItem) -> tuple[Part, Part | None]:
    """A value's number and its unit, as far as the words end with the unit that was read."""
    value = next(
        (
            a.value
            for a in entry.item.attributes
            if a.type == part.attribute and a.start == part.at and a.text == part.whole
        ),
        None,
    )
    unit = _unit(value)
    if not unit or not part.text.endswith(unit) or part.text == unit:
        return part, None
    number = part.text.removesuffix(unit).rstrip()
    if part.start is None or part.end is None:
        return replace(part, text=number), replace(part, text=unit)
    return (
        replace(part, text=number, end=part.start + len(number)),
        replace(part, text=unit, start=part.end - len(unit)),
    )


def _unit(value: Value | None) -> str:
    match value:
        case Quantity():
            return value.unit
        case Range():
            return value.high.unit
        case Pair():
            return value.second.unit
    return ""
