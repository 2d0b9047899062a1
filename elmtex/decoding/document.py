"""The notes of a report become the items of its document."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from elmtex.decoding.notes import NoteItem, NoteWalk
from elmtex.decoding.tokens import ReportTokens
from elmtex.text import folded
from elmtex.types import Assertion, Item


def probability(item: NoteItem) -> float:
    """How likely an item is all that it says, 0 to 1: that it begins there, ends there, its category and its sign."""
    return math.exp(sum(item.log_probabilities))


def group(
    walks: Iterable[NoteWalk],
    keys: Sequence[str],
    calibrated: Callable[[float], float] | None = None,
    threshold: float = 0.0,
) -> dict[str, tuple[Item, ...]]:
    """Group the items of notes by category, in report order.

    Items of one category do not overlap: of those that do the likeliest stays, if together they are likely enough. So
    "2 g of ceftriaxone" is found though it is open whether the item begins at "2" or at "ceftriaxone". (A sum, and no
    chance: two items of one note are no alternatives.)
    Of items with the same words (case and white space aside) and the same assertion the first mention is kept: fever
    that is denied first and found later stands there twice.

    Args:
        walks: notes of one report, in any order; unfinished ones give the items they have.
        keys: the categories, in the order of the result.
        calibrated: turns an item's :func:`probability` into its confidence; None keeps it.
        threshold: how likely overlapping items must be, added up.
    """
    rivals: defaultdict[tuple[str, tuple[int, int]], list[NoteItem]] = defaultdict(list)
    tokens: ReportTokens | None = None
    for walk in walks:
        tokens = walk.tokens
        for note in walk.items:
            rivals[note.key, walk.sentence].append(note)
    found: dict[str, list[Item]] = {key: [] for key in keys}
    for (key, _), notes in rivals.items():
        assert tokens is not None
        items = (_item(tokens, note, calibrated) for note in _likeliest(notes, threshold))
        found[key] += filter(None, items)
    return {key: tuple(_distinct(items)) for key, items in found.items()}


def _likeliest(notes: Sequence[NoteItem], threshold: float) -> list[NoteItem]:
    """Those of a sentence's items of one category that stay."""
    left = [(probability(note), note) for note in notes]
    kept: list[NoteItem] = []
    for pair in sorted(left, key=lambda pair: (-pair[0], pair[1].first)):
        rivals = [other for other in left if _overlap(pair[1], other[1])]
        if pair in rivals and sum(p for p, _ in rivals) >= threshold:
            kept.append(pair[1])
            # What overlaps an item that stays neither stays nor speaks for others.
            left = [other for other in left if other not in rivals]
    return kept


def _overlap(one: NoteItem, other: NoteItem) -> bool:
    return one.first < other.last and other.first < one.last


def _item(
    tokens: ReportTokens, note: NoteItem, calibrated: Callable[[float], float] | None
) -> Item | None:
    start, end = tokens.span(note.first, note.last)
    if start == end:  # nothing but punctuation
        return None
    score = probability(note)
    score = calibrated(score) if calibrated else score
    return Item(
        tokens.report[start:end], start, end, note.assertion, round(min(1.0, max(0.0, score)), 4)
    )


def _distinct(items: list[Item]) -> list[Item]:
    kept: dict[tuple[str, Assertion], Item] = {}
    for item in sorted(items, key=lambda i: i.start or 0):
        kept.setdefault((folded(item.text), item.assertion), item)
    return list(kept.values())
