"""What the review screen shows of a report: its tables by need, with what each row offers. No HTML here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from elmtex.review import Entry, ReviewedItem
from elmtex.schema import Category, CategorySchema
from elmtex.text.sections import Sectioned
from elmtex.types import Code
from elmtex.web.locale.messages import Words
from elmtex.web.render import looks
from elmtex.web.report_tab.highlight import is_evidence
from elmtex.web.report_tab.need import THRESHOLDS, Need, Ordered, ordered
from elmtex.web.report_tab.records import Column, Record, Table, tables
from elmtex.web.report_tab.rows import Row, rows_of
from elmtex.web.report_tab.section_categories import section_categories
from elmtex.web.report_tab.timeline import Timeline, timeline

Suggested = tuple[str, Sequence[Code]]  # an item's id and the codes its reviewer chooses from


@dataclass(frozen=True, slots=True)
class Chip:
    """A category of a row: its item, its look, what was decided, and whether it can be taken out by itself."""

    id: str
    title: str
    look: str
    verdict: str
    removable: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the screen shows it.

    Args:
        record: its words and cells.
        keys: the categories of its items.
        need: why it comes first; "" for the rest.
        edit: what the editor's form begins with, as JSON.
        chips: its categories, where the table has several.
        notes: what stands beside its words, each with its kind; a code is a :class:`elmtex.types.Code`.
        coded: codes can be suggested for it.
        section: the heading that it stands under; "" where there is none.
        grows: its category has types of attributes.
        taken: the items that accepting it accepts: not a category that was taken out.
        suggested: codes to choose from, each with whether it is chosen; None when nobody asked.
    """

    record: Record
    keys: str
    need: Need
    edit: str
    chips: tuple[Chip, ...]
    notes: tuple[tuple[str, str | Code], ...]
    coded: bool
    section: str
    grows: bool
    taken: tuple[str, ...]
    suggested: tuple[tuple[Code, bool], ...] | None


@dataclass(frozen=True, slots=True)
class TitledColumn:
    """A column with its title; ``typed`` where it is an attribute's, so that words can be put into it."""

    key: str
    title: str
    typed: bool


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as the screen shows it; ``keys`` its categories, ``open`` the items that wait for a decision."""

    id: str
    kind: str
    keys: str
    look: str
    title: str
    head: str
    kept: int
    open: tuple[str, ...]
    columns: tuple[TitledColumn, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The screen. Rows are counted, not items: a reader sees rows."""

    id: str
    name: str
    noted: str
    finished: bool
    open: int
    done: int
    total: int
    standing: bool
    first: tuple[TableView, ...]
    first_rows: int
    first_open: tuple[str, ...]
    first_open_rows: int
    rest: tuple[TableView, ...]
    rest_rows: int
    rest_open: tuple[str, ...]
    rest_open_rows: int
    right: int | None
    thresholds: tuple[float, ...]
    threshold: float
    missing: tuple[str, ...]
    timeline: Timeline
    categories: tuple[Category, ...]
    sections: str
    types: str


def review_view(
    entry: Entry, words: Words, threshold: float | None, suggested: Suggested | None
) -> ReviewView:
    """The screen of a report under review.

    Args:
        entry: the report.
        words: the page's language.
        threshold: the confidence from which a row needs no look for it; None is chosen for the report.
        suggested: an item's id and the codes to choose from; None when nobody asked.
    """
    state, schema, batch = entry.reviewed, entry.schema, words.batch
    rows = rows_of(state.items, schema)
    by_need = ordered(rows, schema, threshold)
    making = _Making(entry, words, suggested, Sectioned.of(entry.text))
    first_open = [row for row, _ in by_need.first if row.open]
    rest_open = [row for row in by_need.rest if row.open]
    wait = [row for row in rows if row.open]
    there = {item.category for item in state.items}
    return ReviewView(
        id=entry.id,
        name=entry.name,
        noted=batch.recognised if entry.recognised else batch.noted(entry.name, entry.note),
        finished=state.finished,
        open=len(wait),
        done=len(rows) - len(wait),
        total=len(rows),
        standing=bool(state.standing),
        first=making.tables([row for row, _ in by_need.first], "first", dict(_needs(by_need))),
        first_rows=len(by_need.first),
        first_open=tuple(id for row in first_open for id in row.open),
        first_open_rows=len(first_open),
        rest=making.tables(by_need.rest, "rest", {}),
        rest_rows=len(by_need.rest),
        rest_open=tuple(id for row in rest_open for id in row.open),
        rest_open_rows=len(rest_open),
        right=None if by_need.right is None else int(by_need.right),
        thresholds=THRESHOLDS,
        threshold=by_need.threshold,
        missing=tuple(c.title_in(words.lang) for c in schema.categories if c.key not in there),
        timeline=timeline(rows, schema, entry.text),
        categories=by_keys(schema),
        sections=json.dumps(section_categories(entry.text, schema, state.items)),
        types=json.dumps(
            {
                c.key: [[t.key, t.title_in(words.lang)] for t in c.attributes]
                for c in schema.categories
            },
            ensure_ascii=False,
        ),
    )


def by_keys(schema: CategorySchema) -> tuple[Category, ...]:
    """The categories in the order of their digits: those that are added most often first."""
    order = {"MedicationStatement": 0, "AllergyIntolerance": 1, "Condition": 2}
    return tuple(
        sorted(
            schema.categories,
            key=lambda c: order.get(c.fhir.resource, 3 if c.attributes else 4),
        )
    )


def digits(schema: CategorySchema) -> dict[str, str]:
    """The key of each category, as it is written on the page: 1 to 0, then with Shift."""
    keys = [*range(1, 10), 0]
    written = [*map(str, keys), *(f"\u21e7{key}" for key in keys)]
    return {c.key: key for c, key in zip(by_keys(schema), written, strict=False)}


def _needs(by_need: Ordered) -> Iterable[tuple[str, Need]]:
    return ((row.id, need) for row, need in by_need.first)


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes the tables of a report."""

    entry: Entry
    words: Words
    suggested: Suggested | None
    sections: Sectioned

    def tables(
        self, rows: Sequence[Row], part: str, needs: Mapping[str, Need]
    ) -> tuple[TableView, ...]:
        made = tables(rows, self.entry.schema, self.entry.text, self.words.lang)
        return tuple(self._table(table, part, needs) for table in made)

    def _table(self, table: Table, part: str, needs: Mapping[str, Need]) -> TableView:
        r, first = self.words.review, table.categories[0]
        several = len(table.categories) > 1
        title = r.kinds.get(table.kind) or first.title_in(self.words.lang)
        return TableView(
            id=f"elmtex-{part}-{table.key}",
            kind=table.kind,
            keys=" ".join(c.key for c in table.categories),
            look="" if several else looks(self.entry.schema)[first.key],
            title=title,
            head=r.heads.get(table.kind, self.words.item),
            kept=sum(record.row.lead.kept for record in table.records),
            open=tuple(id for record in table.records for id in record.row.open),
            columns=tuple(self._column(column) for column in table.columns),
            lines=tuple(
                self._line(record, several, needs.get(record.row.id, ""))
                for record in table.records
            ),
        )

    def _column(self, column: Column) -> TitledColumn:
        own = self.words.review.columns.get(column.key)
        typed = bool(column.title)
        return TitledColumn(column.key, column.title if typed else own or column.key, typed)

    def _line(self, record: Record, several: bool, need: Need) -> Line:
        row, lead = record.row, record.row.lead
        category = self.entry.schema.category(lead.category)
        kept = [e.id for e in (*row.items, *row.inside) if e.kept]
        chipped = (*row.items, *self._diseases(row))
        chips = self._chips(chipped) if several or len(chipped) > 1 else ()
        return Line(
            record=record,
            keys=" ".join(entry.category for entry in row.items),
            need=need,
            edit=json.dumps(_form(lead), ensure_ascii=False),
            chips=chips,
            notes=self._notes(lead, row, need),
            coded=category.terminologies != (),
            section=self.sections.heading(lead.item.start) if lead.item.start is not None else "",
            grows=bool(category.attributes),
            taken=tuple(kept) or row.ids,
            suggested=self._suggestions(lead),
        )

    def _diseases(self, row: Row) -> tuple[ReviewedItem, ...]:
        """What the history says of the row's disease."""
        schema = self.entry.schema
        if schema.category(row.lead.category).fhir.resource != "Condition":
            return ()
        return tuple(
            e for e in row.inside if schema.category(e.category).fhir.resource == "Condition"
        )

    def _chips(self, entries: Sequence[ReviewedItem]) -> tuple[Chip, ...]:
        look, schema, lang = looks(self.entry.schema), self.entry.schema, self.words.lang
        kept = sum(entry.kept for entry in entries)
        return tuple(
            Chip(
                e.id,
                schema.category(e.category).title_in(lang),
                look[e.category],
                e.verdict,
                kept > 1 and e.kept,
            )
            for e in entries
        )

    def _notes(
        self, lead: ReviewedItem, row: Row, need: Need
    ) -> tuple[tuple[str, str | Code], ...]:
        notes: list[tuple[str, str | Code]] = []
        if not is_evidence(lead.item, self.entry.text):
            notes.append(("note", self.words.ungrounded))
        if row.verdict in ("edited", "added", "rejected"):
            notes.append(("verdict", self.words.review.verdicts[row.verdict]))
        elif why := self.words.review.needs.get(need):
            notes.append(("why", why))
        return (*notes, *(("code", code) for code in lead.item.codes if code.chosen))

    def _suggestions(self, lead: ReviewedItem) -> tuple[tuple[Code, bool], ...] | None:
        if self.suggested is None or self.suggested[0] != lead.id:
            return None
        chosen = {(c.system, c.code) for c in lead.item.codes if c.chosen}
        return tuple((code, (code.system, code.code) in chosen) for code in self.suggested[1])


def _form(entry: ReviewedItem) -> dict[str, object]:
    item = entry.item
    return {
        "item": entry.id,
        "category": entry.category,
        "assertion": item.assertion,
        "text": item.text,
        "start": item.start,
        "end": item.end,
    }
