"""A report with its gold and predicted items marked, side by side, as HTML; every character of it
escaped."""

from __future__ import annotations

import html
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from elmtex.types import Extraction, Item, Record
from eval.metrics.documents import Pair, pair
from eval.metrics.entity import exact_pairs, match_spans

# Strongest last: where items overlap, the segment shows the outcome that matters most.
OUTCOMES = ("right", "near", "wrong")


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """An item with its category and its outcome: right (exact), near (overlapping span), wrong
    (missed or spurious)."""

    category: str
    item: Item
    outcome: str


def side_by_side(record: Record, extraction: Extraction) -> str:
    """Two columns: the gold with what was found of it, the prediction with what was right of it."""
    gold, predicted = score_items(pair(record, extraction))
    return (
        f'<div class="sides"><div><h4>Gold</h4>{_side(record.text, gold)}</div>'
        f"<div><h4>Prediction</h4>{_side(record.text, predicted)}</div></div>"
    )


def score_items(both: Pair) -> tuple[list[ScoredItem], list[ScoredItem]]:
    """The gold and the predicted items of a report with their outcomes."""
    gold: list[ScoredItem] = []
    predicted: list[ScoredItem] = []
    pairs = exact_pairs(both)
    for key, ours in both.gold.items():
        theirs = both.predicted[key]
        near = match_spans(ours, theirs)
        near_gold, near_predicted = {ours[g] for g, _ in near}, {theirs[p] for _, p in near}
        right_gold, right_predicted = {g for g, _ in pairs[key]}, {p for _, p in pairs[key]}
        gold += [ScoredItem(key, i, _outcome(i, right_gold, near_gold)) for i in ours]
        predicted += [
            ScoredItem(key, i, _outcome(i, right_predicted, near_predicted)) for i in theirs
        ]
    return gold, predicted


def _outcome(item: Item, right: set[Item], near: set[Item]) -> str:
    return "right" if item in right else "near" if item in near else "wrong"


def _side(text: str, items: Sequence[ScoredItem]) -> str:
    # The titles of marks are out of reach without a mouse; the list says the same in words.
    listed = "".join(f'<li class="{j.outcome}">{html.escape(_title(j))}</li>' for j in items)
    return (
        f'<div class="report">{marked(text, items)}</div>'
        f"<details><summary>{len(items)} items</summary><ul>{listed}</ul></details>"
    )


def marked(text: str, items: Sequence[ScoredItem]) -> str:
    """The text cut at every item's bounds, so that items of several categories may overlap."""
    spans: Mapping[ScoredItem, tuple[int, int]] = {
        scored: (scored.item.start, scored.item.end)
        for scored in items
        if scored.item.start is not None and scored.item.end is not None
    }
    bounds = sorted({0, len(text), *(bound for span in spans.values() for bound in span)})
    parts = []
    for start, end in itertools.pairwise(bounds):
        here = [j for j, (first, last) in spans.items() if first <= start and end <= last]
        words = html.escape(text[start:end])
        if not here:
            parts.append(words)
            continue
        outcome = max((j.outcome for j in here), key=OUTCOMES.index)
        title = html.escape(" · ".join(_title(j) for j in here))
        parts.append(f'<mark class="{outcome}" title="{title}">{words}</mark>')
    return "".join(parts)


def _title(scored: ScoredItem) -> str:
    item = scored.item
    sure = "" if item.confidence is None else f", {item.confidence:.2f}"
    place = "" if item.grounded else ", not grounded in the report"
    return f"{scored.category}: {item.text} ({item.assertion}{sure}{place}): {scored.outcome}"
