"""A doctor's decisions about a report: what must be done so that what the model found becomes the gold, and how cheaply.

A row is right when the gold has an item of its category and assertion that shares a character with it: a doctor does not move
the ends of a span. A test that stands inside a value is decided with it, as the page shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from elmtex.review import ReviewedItem
from elmtex.schema import CategorySchema
from elmtex.types import ASSERTIONS, Assertion, Item, Record
from elmtex.web.report_tab.rows import Row
from eval.metrics.entity import overlap

Do = Literal["reject", "reject chip", "assert", "move", "add"]


@dataclass(frozen=True, slots=True)
class Correction:
    """Something to correct.

    Args:
        do: reject a row or one of its categories; change the assertion or the category; add what was missed.
        row: the row's id, or of one category of it; "" for what is added.
        item: of the gold: what it becomes; None for what is rejected.
        category: the gold's.
        presses: how often the assertion must be turned on.
    """

    do: Do
    row: str
    item: Item | None = None
    category: str = ""
    presses: int = 0

    @property
    def actions(self) -> int:
        """Keys and clicks: a row is chosen or words are selected first, but ✕ is one click."""
        return {"reject": 1, "reject chip": 1, "assert": 1, "move": 2, "add": 2}[
            self.do
        ] + self.presses


def corrections(rows: Iterable[Row], gold: Record, schema: CategorySchema) -> list[Correction]:
    """What a doctor corrects; everything else is right as it is, and is accepted together."""
    found: list[Correction] = []
    wrong: list[Row] = []
    held = [(key, item) for key, items in gold.items.items() for item in items]
    covered: set[tuple[str, Item]] = set()
    for row in rows:
        right = [entry for entry in row.items if _gold(entry, entry.category, held, same=True)]
        if not right:
            wrong.append(row)  # and what stands inside it is rejected with it
            continue
        for entry in (*row.items, *row.inside):
            covered.update(_gold(entry, entry.category, held, same=True))
        found += [Correction("reject chip", e.id) for e in row.items if e not in right]
    for row in wrong:
        found.append(_mended(row, held, covered))
    tests = [(k, i) for k, i in held if schema.category(k).fhir.resource == "Procedure"]
    values = [i for k, i in held if schema.category(k).fhir.quantity]
    inside = {(k, i) for k, i in tests if any(overlap(i, value) for value in values)}
    for key, item in held:
        if (key, item) not in covered and (key, item) not in inside:
            found.append(Correction("add", "", item, key, ASSERTIONS.index(item.assertion)))
    return found


def _mended(
    row: Row, held: Sequence[tuple[str, Item]], covered: set[tuple[str, Item]]
) -> Correction:
    """How a wrong row becomes something that the gold has and no other row says; else it is rejected."""
    lead = row.lead
    for pair in _gold(lead, lead.category, held, same=False):
        if pair not in covered and len(row.items) == 1:
            covered.add(pair)
            turns = _turns(lead.item.assertion, pair[1].assertion)
            return Correction("assert", row.id, pair[1], pair[0], turns)
    for key, item in held:
        pair = (key, item)
        fits = overlap(item, lead.item) and item.assertion == lead.item.assertion
        if fits and pair not in covered and len(row.items) == 1:
            covered.add(pair)
            return Correction("move", row.id, item, key)
    return Correction("reject", row.id)


def _gold(
    entry: ReviewedItem, category: str, held: Iterable[tuple[str, Item]], *, same: bool
) -> list[tuple[str, Item]]:
    """The gold's items of the category that share a character with it, of the same assertion or whatever it is."""
    return [
        (key, item)
        for key, item in held
        if key == category
        and overlap(item, entry.item)
        and (item.assertion == entry.item.assertion or not same)
    ]


def _turns(now: Assertion, wanted: Assertion) -> int:
    return (ASSERTIONS.index(wanted) - ASSERTIONS.index(now)) % len(ASSERTIONS)


def left(rows: Iterable[Row], gold: Record, schema: CategorySchema) -> Mapping[str, int]:
    """What is still wrong of the rows that are kept: corrections to make, by kind; {} when the review is right."""
    kept = [row for row in rows if row.lead.kept]
    counts: dict[str, int] = {}
    for one in corrections(kept, gold, schema):
        counts[one.do] = counts.get(one.do, 0) + 1
    return counts
