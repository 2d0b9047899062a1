"""From the notes of a report to the items of its extraction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from elmtex.decoding.attributes import NoteAttribute
from elmtex.decoding.confidence import confidence, probability
from elmtex.decoding.notes import NoteItem
from elmtex.decoding.tokens import ReportTokens
from elmtex.text.normalisation import case_folded
from elmtex.types import Assertion, Attribute, Item, Mention

IsHeading = Callable[[int, int, Assertion], bool]  # of code points of the report, half-open
Score = Callable[[NoteItem], float]
Agrees = Callable[[NoteItem], bool]


class Weighed(Protocol):
    """Items of one sentence that were weighed: those of a note, or those an encoder found."""

    @property
    def tokens(self) -> ReportTokens: ...

    @property
    def sentence(self) -> tuple[int, int]: ...

    @property
    def items(self) -> Sequence[NoteItem]: ...


State = TypeVar("State", bound=Weighed)


def pooled(states: Iterable[State]) -> list[State]:
    """The notes without the proposals of items that another note has: see :attr:`NoteItem.written`."""
    states = list(states)
    written = {(i.first, i.last, i.key) for state in states for i in state.items if i.written}

    def again(item: NoteItem) -> bool:
        return not item.written and (item.first, item.last, item.key) in written

    return [state for state in states if not any(map(again, state.items))]


def kept(
    states: Iterable[State],
    keys: Sequence[str],
    threshold: float = 0.0,
    is_heading: IsHeading | None = None,
    repeated: Collection[str] = (),
    score: Score = probability,
) -> dict[str, list[tuple[State, NoteItem]]]:
    """The items to keep, by category and in report order, each with its note.

    Items of one category do not overlap. Of overlapping items the most probable one is kept, if the
    sum of their probabilities reaches the threshold. So "2 g of ceftriaxone" is found even when the
    model is unsure whether the item begins at "2" or at "ceftriaxone". (The sum is not itself a
    probability: two items of one note do not exclude each other.)
    A student's proposal is left out where the Llama wrote the same item.
    Of items with the same text (ignoring case and white space) and the same assertion the first
    mention is kept: fever that is denied first and found later is listed twice.

    Args:
        states: notes of one report, in any order; unfinished ones give the items they have.
        keys: the categories, in the order of the result.
        threshold: the least sum of the probabilities of overlapping items.
        is_heading: tells items that are nothing but a heading, which are left out; None is for none.
        repeated: categories of which every mention is kept: a second "CRP 12 mg/l" is another value.
        score: an item's probability.
    """
    found = _mentioned(states, keys, threshold, is_heading, repeated, score)
    return {key: [mentions[0] for mentions in things] for key, things in found.items()}


def _mentioned(
    states: Iterable[State],
    keys: Sequence[str],
    threshold: float,
    is_heading: IsHeading | None,
    repeated: Collection[str],
    score: Score,
) -> dict[str, list[list[tuple[State, NoteItem]]]]:
    """What :func:`kept` keeps, each with the later mentions that it stands for."""
    rivals: defaultdict[tuple[str, tuple[int, int]], list[tuple[State, NoteItem]]]
    rivals = defaultdict(list)
    for state in pooled(states):
        for item in state.items:
            if is_heading and is_heading(*state.tokens.span(item.first, item.last), item.assertion):
                continue
            rivals[item.key, state.sentence].append((state, item))
    found: dict[str, list[tuple[State, NoteItem]]] = {key: [] for key in keys}
    for (key, _), pairs in rivals.items():
        if key not in found:  # asked for as an alternative only, not listed
            continue
        stay = likeliest([item for _, item in pairs], threshold, score)
        found[key] += [pair for pair in pairs if any(pair[1] is item for item in stay)]
    return {key: _things(pairs, fold=key not in repeated) for key, pairs in found.items()}


def group(
    states: Iterable[Weighed],
    keys: Sequence[str],
    calibrated: Callable[[float], float] | None = None,
    threshold: float = 0.0,
    attributes: Callable[[NoteItem], tuple[Attribute, ...]] | None = None,
    is_heading: IsHeading | None = None,
    repeated: Collection[str] = (),
    score: Score = probability,
    agrees: Agrees | None = None,
) -> dict[str, tuple[Item, ...]]:
    """Group the items of notes by category, in report order; :func:`kept` selects them.

    Args:
        states, keys, threshold, is_heading, repeated, score: as for :func:`kept`.
        calibrated: turns an item's score into its confidence; None keeps it.
        attributes: gives an item's attributes; None gives none.
        agrees: whether both of two readings found an item; None where there was one.
    """
    return {
        key: tuple(
            _item(
                mentions,
                confidence(score(mentions[0][1]), calibrated),
                attributes(mentions[0][1]) if attributes else (),
                agrees(mentions[0][1]) if agrees else None,
            )
            for mentions in things
        )
        for key, things in _mentioned(states, keys, threshold, is_heading, repeated, score).items()
    }


def attributes_of(
    tokens: ReportTokens,
    attributes: Iterable[NoteAttribute],
    calibrated: Callable[[float], float] | None = None,
    threshold: float = 0.0,
) -> tuple[Attribute, ...]:
    """The attributes of an item that reach the threshold; see :func:`group` for the arguments."""
    found = []
    for attribute in attributes:
        start, end = tokens.span(attribute.first, attribute.last)
        score = probability(attribute)
        if start < end and score >= threshold:
            text = tokens.report[start:end]
            found.append(Attribute(attribute.type, text, start, end, confidence(score, calibrated)))
    return tuple(found)


class _Span(Protocol):
    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...


Spanned = TypeVar("Spanned", bound=_Span)


def likeliest(
    spans: Sequence[Spanned], threshold: float, score: Callable[[Any], float] = probability
) -> list[Spanned]:
    """The items of one category in one sentence, or the attributes of one type of an item, that are kept: see :func:`kept`."""
    left = [(score(span), span) for span in spans]
    kept: list[Spanned] = []
    for pair in sorted(left, key=lambda pair: (-pair[0], pair[1].first)):
        rivals = [other for other in left if _overlap(pair[1], other[1])]
        if pair in rivals and sum(p for p, _ in rivals) >= threshold:
            kept.append(pair[1])
            # What overlaps a kept one is dropped and no longer supports others.
            left = [other for other in left if other not in rivals]
    return kept


def _overlap(one: _Span, other: _Span) -> bool:
    return one.first < other.last and other.first < one.last


def _item(
    mentions: Sequence[tuple[Weighed, NoteItem]],
    sure: float,
    attributes: tuple[Attribute, ...],
    agreed: bool | None,
) -> Item:
    state, item = mentions[0]
    tokens = state.tokens
    start, end = tokens.span(item.first, item.last)
    return Item(
        tokens.report[start:end],
        start,
        end,
        item.assertion,
        sure,
        attributes=attributes,
        mentions=tuple(Mention(*tokens.span(*_range(later))) for _, later in mentions[1:]),
        agreed=agreed,
    )


def _things(pairs: list[tuple[State, NoteItem]], fold: bool) -> list[list[tuple[State, NoteItem]]]:
    """The items in report order, without those that are only punctuation; ``fold`` puts the mentions of one thing
    together."""
    things: dict[tuple[object, ...], list[tuple[State, NoteItem]]] = {}
    for state, item in sorted(pairs, key=lambda pair: pair[0].tokens.span(*_range(pair[1]))[0]):
        if (identity := dedup_key(state, item))[0]:
            key = identity if fold else _range(item)
            things.setdefault(key, []).append((state, item))
    return list(things.values())


def dedup_key(state: Weighed, item: NoteItem) -> tuple[str, Assertion]:
    """An item's text, case-folded and whitespace-normalised ("" if only punctuation), and
    assertion."""
    start, end = state.tokens.span(*_range(item))
    return case_folded(state.tokens.report[start:end]), item.assertion


def _range(item: NoteItem) -> tuple[int, int]:
    return item.first, item.last
