"""What the summary of a reviewed report says, section by section, with plain words for what is denied. No HTML here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from elmtex.review import Entry, ReviewedItem
from elmtex.schema import Category, CategorySchema
from elmtex.text.rows import line_of
from elmtex.web.locale.messages import Words, zone_of
from elmtex.web.report_tab.letterhead import letterhead
from elmtex.web.report_tab.records import Kind, Record, Table, tables
from elmtex.web.report_tab.rows import Row, rows_of

QUOTED = 240  # characters of a line that a footnote shows
ORDER: tuple[Kind, ...] = ("problems", "normal", "allergies", "drugs", "values", "list")

# Words that deny by themselves: "not present: no fever" would say the opposite.
_NEGATION = re.compile(
    r"\b(?:no|not|none|never|nil|nor|denie[sd]|denial|without|negative|absen[ct]\w*|kein\w*|nicht|nie|ohne|verneint\w*|negativ\w*)\b",
    re.IGNORECASE,
)
_ANY_ALLERGY = re.compile(
    r"(?:known |drug |food |bekannte[nr]? |medikamenten-?)*(?:allerg\w+|unverträglichkeit\w*|intoleran\w+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A line of a table or list.

    Args:
        cells: its words, one text a column; in a list one.
        details: what belongs to it and has no column.
        note: the footnote's number; 0 where the report does not have the words.
    """

    cells: tuple[str, ...]
    details: str
    note: int


@dataclass(frozen=True, slots=True)
class Saying:
    """A sentence about what is denied: how it begins, and the words, each with its footnote's number."""

    begins: str
    words: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SummarySection:
    """A table (``columns`` has a title for each cell) or a list (no columns), and what is denied."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[SummaryRow, ...]
    sayings: tuple[Saying, ...]


@dataclass(frozen=True, slots=True)
class SummaryView:
    """The summary.

    Args:
        lang: ISO 639-1 code of its own words.
        title: its heading.
        facts: a name and a text each: patient, kind, date, review.
        signed: a reviewer finished the review, and nothing was changed since.
        sections: those that have something to say.
        missing: what nothing was found for; "" for nothing.
        notes_title: the heading of the footnotes.
        notes: the lines of the report that the footnotes quote; () where evidence was not asked for.
        foot: who suggested, and who is responsible.
    """

    lang: str
    title: str
    facts: tuple[tuple[str, str], ...]
    signed: bool
    sections: tuple[SummarySection, ...]
    missing: str
    notes_title: str
    notes: tuple[str, ...]
    foot: str


def summary_view(entry: Entry, words: Words, *, evidence: bool) -> SummaryView:
    """The summary of a report as it was reviewed.

    Args:
        entry: an extracted report.
        words: the page's language.
        evidence: with footnotes that quote the report.
    """
    assert entry.extraction is not None
    state, s = entry.reviewed, words.summary
    kept = [item for item in state.items if item.kept]
    personal = [i for i in kept if _about_the_patient(i, entry.schema)]
    rows = rows_of([i for i in kept if not _about_the_patient(i, entry.schema)], entry.schema)
    writing = _Writing(entry, words, evidence)
    sections = tuple(writing.sections(rows))
    silent = [
        c.title_in(words.lang)
        for c in entry.schema.categories
        if c.only is None and not state.of(c.key)
    ]
    made = f"{entry.extraction.model} ({entry.schema.title})"
    return SummaryView(
        lang=words.lang,
        title=s.title,
        facts=(
            *_about(entry, personal, words),
            (s.status, review_said(entry, words)),
            (s.model, made),
        ),
        signed=state.finished,
        sections=sections,
        missing=f"{words.not_found}: {', '.join(silent)}." if silent else "",
        notes_title=s.evidence,
        notes=tuple(writing.quotes),
        foot=s.made,
    )


def review_said(entry: Entry, words: Words) -> str:
    """Who signed the report off and when, or what is still missing to that."""
    state, s = entry.reviewed, words.summary
    if state.open:
        return s.draft.format(open=state.open)
    at = f"{words.local_time(entry.touched)} {zone_of(entry.touched)}"
    if state.finished:
        return s.signed.format(reviewer=state.standing[-1].reviewer, at=at)
    if not state.settled:
        return s.draft_empty
    names = ", ".join(dict.fromkeys(d.reviewer for d in state.standing if d.reviewer))
    return s.judged.format(reviewers=names, at=at) if names else s.judged_unnamed.format(at=at)


def _about(
    entry: Entry, personal: Iterable[ReviewedItem], words: Words
) -> Iterable[tuple[str, str]]:
    head, s = letterhead(entry.text), words.summary
    found = dict.fromkeys(i.item.text for i in personal if i.item.text not in head.patient)
    stated = [head.patient, *found]
    yield s.patient, ", ".join(filter(None, stated)) or s.not_stated
    yield s.kind, head.kind or s.not_stated
    yield s.date, head.date or s.not_stated
    # What was pasted is named by its own first line.
    if not entry.text.lstrip().startswith(entry.name.rstrip("…")):
        yield s.source, entry.name


def _about_the_patient(entry: ReviewedItem, schema: CategorySchema) -> bool:
    """Whether an item belongs into the patient's line: an age, a gender."""
    return schema.category(entry.category).only is not None


@dataclass
class _Writing:
    """Writes the sections, and numbers the lines of the report that they rest on."""

    entry: Entry
    words: Words
    evidence: bool
    quotes: list[str] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)

    def sections(self, rows: Sequence[Row]) -> Iterable[SummarySection]:
        report, schema = self.entry.text, self.entry.schema
        made = tables(rows, schema, report, self.words.lang)
        for table in sorted(made, key=lambda t: ORDER.index(t.kind)):
            if table.kind in ("problems", "list"):
                yield from self._lists(table)
            elif table.kind == "normal":
                said = tuple((self._said(r), self._note(r)) for r in table.records)
                yield SummarySection(self._kind_title(table), (), (), (Saying("", said),))
            else:
                yield self._section(table, table.records, self._kind_title(table))

    def _kind_title(self, table: Table) -> str:
        return self.words.review.kinds[table.kind]

    def _lists(self, table: Table) -> Iterable[SummarySection]:
        """A list for each category: diseases, then what is no disease, then the history."""
        past = {c.key: c.fhir.clinical_status == "inactive" for c in table.categories}
        for category in sorted(table.categories, key=lambda c: (past[c.key], not c.holds_diseases)):
            records = [r for r in table.records if r.row.lead.category == category.key]
            if records:
                yield self._section(table, records, category.title_in(self.words.lang))

    def _section(self, table: Table, records: Sequence[Record], title: str) -> SummarySection:
        stated = [r for r in records if r.row.lead.item.assertion != "absent"]
        denied = [r for r in records if r.row.lead.item.assertion == "absent"]
        rows = [self._row(table, record) for record in stated]
        # A column that only denied records have would stand empty.
        used = [n for n in range(len(table.columns)) if any(row.cells[n + 1] for row in rows)]
        named = [c.title or self.words.review.columns[c.key] for c in table.columns]
        head = self.words.review.heads.get(table.kind, self.words.item)
        return SummarySection(
            title=title,
            columns=(head, *(named[n] for n in used)) if table.columns and rows else (),
            rows=tuple(
                SummaryRow((r.cells[0], *(r.cells[n + 1] for n in used)), r.details, r.note)
                for r in rows
            ),
            sayings=tuple(self._sayings(denied)),
        )

    def _row(self, table: Table, record: Record) -> SummaryRow:
        item, lead = record.row.lead.item, record.row.lead
        doubt = [self.words.assertions["possible"]] if item.assertion == "possible" else []
        details = [
            *(f"{title}: {part.text}" for title, part in record.notes),
            *(f"{code.code} {code.display}" for code in item.codes if code.chosen),
            *doubt,
            *([self.words.summary.not_reviewed] if lead.verdict == "open" else []),
            *([] if item.grounded else [self.words.ungrounded]),
        ]
        head = record.head.text if table.columns else item.text
        cells = (head, *("; ".join(part.text for part in parts) for parts in record.cells))
        return SummaryRow(cells, "; ".join(details), self._note(record))

    def _sayings(self, denied: Iterable[Record]) -> Iterable[Saying]:
        """Sentences in plain words; what denies by its own words is quoted, for "not … no …" would say the opposite."""
        s = self.words.summary
        by_beginning: dict[str, list[tuple[str, int]]] = {}
        for record in denied:
            item, category = record.row.lead.item, self._category(record)
            resource = category.fhir.resource
            if resource == "AllergyIntolerance" and _ANY_ALLERGY.fullmatch(item.text.strip()):
                by_beginning.setdefault(s.no_allergies, []).append(("", self._note(record)))
                continue
            own = _NEGATION.search(item.text)
            begins = s.own_words if own else s.denied.get(resource, s.denied["Observation"])
            by_beginning.setdefault(begins, []).append((self._said(record), self._note(record)))
        return (Saying(begins, tuple(said)) for begins, said in by_beginning.items())

    def _said(self, record: Record) -> str:
        """A row as words of a sentence: what belongs to it stands in brackets."""
        said = [record.head.text if record.cells else record.row.lead.item.text]
        beside = [part.text for parts in record.cells for part in parts]
        beside += [f"{title}: {part.text}" for title, part in record.notes]
        if beside:
            said.append(f"({'; '.join(beside)})")
        if record.row.lead.verdict == "open":
            said.append(f"[{self.words.summary.not_reviewed}]")
        if not record.row.lead.item.grounded:
            said.append(f"[{self.words.ungrounded}]")
        return " ".join(said)

    def _category(self, record: Record) -> Category:
        return self.entry.schema.category(record.row.lead.category)

    def _note(self, record: Record) -> int:
        """The number of the line that the record stands in; lines are numbered as they are first needed."""
        item = record.row.lead.item
        if not self.evidence or item.start is None:
            return 0
        start, end = line_of(self.entry.text, item.start)
        if start not in self._numbers:
            self._numbers[start] = len(self._numbers) + 1
            self.quotes.append(_quoted(self.entry.text, start, end, item.start))
        return self._numbers[start]


def _quoted(report: str, start: int, end: int, at: int) -> str:
    """A line, white space aside; of a very long one the part around ``at``."""
    if end - start <= QUOTED:
        return " ".join(report[start:end].split())
    first = max(start, at - QUOTED // 3)
    last = min(end, first + QUOTED)
    middle = " ".join(report[first:last].split())
    return f"{'… ' if first > start else ''}{middle}{' …' if last < end else ''}"
