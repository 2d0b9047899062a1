"""The notes of a report become the items of its document."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from elmtex.decoding.notes import NoteItem, NoteWalk
from elmtex.decoding.tokens import ReportTokens
from elmtex.types import Item


def confidence(item: NoteItem) -> float:
    """The geometric mean of the probabilities of an item's decisions among the choices the walk allowed; 0 to 1."""
    if not item.log_probabilities:
        return 1.0
    return math.exp(sum(item.log_probabilities) / len(item.log_probabilities))


def group(
    walks: Iterable[NoteWalk],
    keys: Sequence[str],
    calibrated: Callable[[float], float] | None = None,
) -> dict[str, tuple[Item, ...]]:
    """Group the items of notes by category, in report order.

    Of items with the same words (case and white space aside) and the same assertion the first mention is kept: fever
    that is denied first and found later stands there twice. Items of one category do not overlap: the earlier, then the
    longer one stays.

    Args:
        walks: notes of one report, in any order; unfinished ones give the items they have.
        keys: the categories, in the order of the result.
        calibrated: turns a raw confidence into a probability; None keeps it raw.
    """
    found: dict[str, list[Item]] = {key: [] for key in keys}
    for walk in walks:
        for note in walk.items:
            item = _item(walk.tokens, note, calibrated)
            if item is not None:
                found[note.key].append(item)
    return {key: tuple(_distinct(items)) for key, items in found.items()}


def _item(
    tokens: ReportTokens, note: NoteItem, calibrated: Callable[[float], float] | None
) -> Item | None:
    start, end = tokens.span(note.first, note.last)
    if start == end:  # nothing but punctuation
        return None
    score = confidence(note)
    score = calibrated(score) if calibrated else score
    return Item(
        tokens.report[start:end], start, end, note.assertion, round(min(1.0, max(0.0, score)), 4)
    )


def _distinct(items: list[Item]) -> list[Item]:
    kept: list[Item] = []
    seen = set()
    reached = 0
    for item in sorted(items, key=lambda i: (i.start, -(i.end or 0))):
        said = " ".join(item.text.lower().split()), item.assertion
        if (
            said not in seen
            and item.start is not None
            and item.end is not None
            and item.start >= reached
        ):
            kept.append(item)
            seen.add(said)
            reached = item.end
    return kept
