"""The notes of a report become the items of its document."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from elmtex.decoding.attributes import AttributeWalk, NoteAttribute
from elmtex.decoding.notes import NoteItem, NoteWalk
from elmtex.decoding.tokens import ReportTokens
from elmtex.text.normalisation import folded
from elmtex.types import Assertion, Attribute, Item


def probability(item: NoteItem | NoteAttribute) -> float:
    """How likely an item is all that it says, 0 to 1: that it begins there, ends there, its category and its sign; an
    attribute, that the item has one of its type there."""
    return math.exp(sum(item.log_probabilities))


def kept(
    walks: Iterable[NoteWalk], keys: Sequence[str], threshold: float = 0.0
) -> dict[str, list[tuple[NoteWalk, NoteItem]]]:
    """The items that stay, by category and in report order, each with its note.

    Items of one category do not overlap: of those that do the likeliest stays, if together they are likely enough. So
    "2 g of ceftriaxone" is found though it is open whether the item begins at "2" or at "ceftriaxone". (A sum, and no
    chance: two items of one note are no alternatives.)
    Of items with the same words (case and white space aside) and the same assertion the first mention is kept: fever
    that is denied first and found later stands there twice.

    Args:
        walks: notes of one report, in any order; unfinished ones give the items they have.
        keys: the categories, in the order of the result.
        threshold: how likely overlapping items must be, added up.
    """
    rivals: defaultdict[tuple[str, tuple[int, int]], list[tuple[NoteWalk, NoteItem]]]
    rivals = defaultdict(list)
    for walk in walks:
        for note in walk.items:
            rivals[note.key, walk.sentence].append((walk, note))
    found: dict[str, list[tuple[NoteWalk, NoteItem]]] = {key: [] for key in keys}
    for (key, _), notes in rivals.items():
        stay = _likeliest([note for _, note in notes], threshold)
        found[key] += [pair for pair in notes if any(pair[1] is note for note in stay)]
    return {key: _distinct(pairs) for key, pairs in found.items()}


def group(
    walks: Iterable[NoteWalk],
    keys: Sequence[str],
    calibrated: Callable[[float], float] | None = None,
    threshold: float = 0.0,
    attributes: Callable[[NoteWalk, NoteItem], tuple[Attribute, ...]] | None = None,
) -> dict[str, tuple[Item, ...]]:
    """Group the items of notes by category, in report order; which ones stay :func:`kept` says.

    Args:
        walks, keys, threshold: as for :func:`kept`.
        calibrated: turns an item's :func:`probability` into its confidence; None keeps it.
        attributes: gives an item's attributes; None gives none.
    """
    return {
        key: tuple(
            _item(walk.tokens, note, calibrated, attributes(walk, note) if attributes else ())
            for walk, note in pairs
        )
        for key, pairs in kept(walks, keys, threshold).items()
    }


def attributes_of(
    walk: AttributeWalk,
    calibrated: Callable[[float], float] | None = None,
    threshold: float = 0.0,
) -> tuple[Attribute, ...]:
    """The attributes that a walk has written and that are likely enough; see :func:`group` for the arguments."""
    found = []
    for attribute in walk.attributes:
        start, end = walk.tokens.span(attribute.first, attribute.last)
        score = probability(attribute)
        if start < end and score >= threshold:
            text = walk.tokens.report[start:end]
            found.append(
                Attribute(attribute.type, text, start, end, _confidence(score, calibrated))
            )
    return tuple(found)


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
    tokens: ReportTokens,
    note: NoteItem,
    calibrated: Callable[[float], float] | None,
    attributes: tuple[Attribute, ...],
) -> Item:
    start, end = tokens.span(note.first, note.last)
    return Item(
        tokens.report[start:end],
        start,
        end,
        note.assertion,
        _confidence(probability(note), calibrated),
        attributes=attributes,
    )


def _confidence(score: float, calibrated: Callable[[float], float] | None) -> float:
    score = calibrated(score) if calibrated else score
    return round(min(1.0, max(0.0, score)), 4)


def _distinct(pairs: list[tuple[NoteWalk, NoteItem]]) -> list[tuple[NoteWalk, NoteItem]]:
    """The first mention of each, in report order; what is nothing but punctuation is none."""
    kept: dict[tuple[str, Assertion], tuple[NoteWalk, NoteItem]] = {}
    for walk, note in sorted(pairs, key=lambda pair: pair[0].tokens.span(*_range(pair[1]))[0]):
        if (said := what_it_says(walk, note))[0]:
            kept.setdefault(said, (walk, note))
    return list(kept.values())


def what_it_says(walk: NoteWalk, note: NoteItem) -> tuple[str, Assertion]:
    """An item's words, case and white space aside ("" when it is nothing but punctuation), and its assertion."""
    start, end = walk.tokens.span(*_range(note))
    return folded(walk.tokens.report[start:end]), note.assertion


def _range(note: NoteItem) -> tuple[int, int]:
    return note.first, note.last
