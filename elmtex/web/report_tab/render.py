"""The review screen: cards with their decisions, the editor, the list of shortcuts, the list of reviews."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from elmtex.review import Entry, Line, Reviewed, ReviewedItem
from elmtex.schema import Category
from elmtex.types import Code
from elmtex.web.chips import Chip, chips
from elmtex.web.locale.messages import Words
from elmtex.web.render import looks
from elmtex.web.report_tab.highlight import Evidence, is_evidence
from elmtex.web.report_tab.marked import hint_html, legend_html, marked_html
from elmtex.web.templating import template

_REVIEW = template("review.html")

Suggested = tuple[str, Sequence[Code]]  # an item's id and the codes its reviewer chooses from


@dataclass(frozen=True, slots=True)
class Row:
    """An item under review.

    Args:
        entry: the item and what was decided about it.
        edit: what the editor's form begins with, as JSON.
        notes: what stands beside its words, each with its kind; a code is a :class:`elmtex.types.Code`.
        chips: its attributes.
        coded: codes can be suggested for it.
        suggested: codes to choose from, each with whether it is chosen; None when nobody asked.
    """

    entry: ReviewedItem
    edit: str
    notes: tuple[tuple[str, str | Code], ...]
    chips: tuple[Chip, ...]
    coded: bool
    suggested: tuple[tuple[Code, bool], ...] | None


@dataclass(frozen=True, slots=True)
class Card:
    """A category under review; ``open`` are the ids of items that nobody has decided about."""

    key: str
    title: str
    look: str
    kept: int
    open: tuple[str, ...]
    rows: tuple[Row, ...]


def review_report_html(entry: Entry, words: Words) -> Markup:
    """The legend and the report with the evidence of all items that are not rejected."""
    evidence = [
        Evidence(e.id, e.category, e.item.start, e.item.end, e.item.assertion)
        for e in entry.reviewed.items
        if e.kept
        and e.item.start is not None
        and e.item.end is not None
        and is_evidence(e.item, entry.text)
    ]
    return (
        legend_html(entry.corrected, entry.schema, words)
        + hint_html(words)
        + marked_html(entry.text, evidence, entry.schema, words)
    )


def review_html(entry: Entry, words: Words, suggested: Suggested | None) -> Markup:
    """The column of cards.

    Args:
        entry: the report under review.
        words: the page's language.
        suggested: an item's id and the codes to choose from; None when nobody asked.
    """
    state = entry.reviewed
    look = looks(entry.schema)
    cards, missing = [], []
    for category in entry.schema.categories:
        items = state.of(category.key)
        if items:
            cards.append(_card(category, items, entry, look[category.key], words, suggested))
        else:
            missing.append(category.title_in(words.lang))
    return _REVIEW.screen(
        entry.id, _bar(entry, state, words), cards, missing, entry.schema.categories, words
    )


def _bar(entry: Entry, state: Reviewed, words: Words) -> Markup:
    total, b = len(state.items), words.batch
    said = words.review.judged.format(done=total - state.open, total=total)
    noted = b.recognised if entry.recognised else b.noted(entry.name, entry.note)
    return _REVIEW.bar(
        entry, state, words.review.finished if state.finished else said, noted, words
    )


def _card(
    category: Category,
    items: Sequence[ReviewedItem],
    entry: Entry,
    look: str,
    words: Words,
    suggested: Suggested | None,
) -> Card:
    return Card(
        category.key,
        category.title_in(words.lang),
        look,
        sum(item.kept for item in items),
        tuple(item.id for item in items if item.verdict == "open"),
        tuple(_row(item, entry.text, category, words, suggested) for item in items),
    )


def _row(
    entry: ReviewedItem,
    report: str,
    category: Category,
    words: Words,
    suggested: Suggested | None,
) -> Row:
    item = entry.item
    notes: list[tuple[str, str | Code]] = []
    if not is_evidence(item, report):
        notes.append(("note", words.ungrounded))
    if entry.verdict in ("edited", "added", "rejected"):
        notes.append(("verdict", words.review.verdicts[entry.verdict]))
    notes += [("code", code) for code in item.codes if code.chosen]
    edit: dict[str, Any] = {
        "item": entry.id,
        "category": entry.category,
        "assertion": item.assertion,
        "text": item.text,
        "start": item.start,
        "end": item.end,
    }
    chosen = {(c.system, c.code) for c in item.codes if c.chosen}
    offered = (
        tuple((code, (code.system, code.code) in chosen) for code in suggested[1])
        if suggested is not None and suggested[0] == entry.id
        else None
    )
    return Row(
        entry,
        json.dumps(edit, ensure_ascii=False),
        tuple(notes),
        chips(item, report, category, words.lang),
        category.terminologies != (),
        offered,
    )


def reviews_html(lines: Sequence[Line], words: Words) -> Markup:
    """The reviews that can be taken up again, newest first; "" when there is none."""
    rows = [(line, _said(line, words)) for line in reversed(lines) if line.status != "waiting"]
    return _REVIEW.reviews(rows, words) if rows else Markup()


def _said(line: Line, words: Words) -> str:
    """How far a review is, or why its report could not be read."""
    r, b = words.review, words.batch
    if not line.extracted:
        return f"{b.unreadable}: {b.noted(line.name, line.note, line.problem)}"
    if line.finished:
        return r.finished
    return r.judged.format(done=line.items - line.open, total=line.items)
