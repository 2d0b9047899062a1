"""The attributes of items as an encoder labels them: of each item, the words of its sentence that are its dose, its site, its
value.

The encoder reads a window once. Then it is asked of one item after the other: of each word near the item it says, for every type,
whether an attribute begins there, goes on, or neither.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.attributes import NoteAttribute
from elmtex.decoding.chain import Chain, Labelling
from elmtex.decoding.notes import NoteItem
from elmtex.decoding.select import likeliest
from elmtex.decoding.tokens import ReportTokens
from elmtex.decoding.words import Words, windows, word_span, words

REACH = 32  # words on either side of an item that may be its attributes: 8,610 of the 8,669 in MACCROBAT's TRAIN are
LEAST = 0.05  # probability of a span that is a candidate
ROW = 64  # words of a row that several questions share
FARTHEST = 20  # words; what is farther away counts as this
# What a word is in: no item, the item itself, another of its category, one of another category
ROLES = NONE, OWN, SAME, OTHER = range(4)

Scores = Callable[[Mapping[str, NDArray[np.int64]]], NDArray[np.floating]]


@dataclass(frozen=True)
class AttributeLayout:
    """How an encoder reads a report for attributes.

    Args:
        known: the attribute types it labels, by category of the items.
        window, context: tokens, as :func:`elmtex.decoding.words.windows` has them.
        before, after: ids of the special tokens around a window.
    """

    known: Mapping[str, tuple[str, ...]]
    window: int
    context: int
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """(C,) categories."""
        return tuple(self.known)

    @cached_property
    def types(self) -> tuple[str, ...]:
        """(A,) types of any category."""
        return tuple(dict.fromkeys(type for types in self.known.values() for type in types))


@dataclass(frozen=True, slots=True)
class Question:
    """What the encoder is asked of one item.

    Args:
        item: the item.
        words: (L,) the words near it, in its sentence, as token ranges of the report.
        places: (L,) where in the window's ids each word's first token is.
        roles: (L,) of ``ROLES``.
        distances: (L,) words to the item, from 0 to 2 * ``FARTHEST``; ``FARTHEST`` is in it.
    """

    item: NoteItem
    words: Words
    places: tuple[int, ...]
    roles: tuple[int, ...]
    distances: tuple[int, ...]


def asked(
    tokens: ReportTokens,
    items: Iterable[NoteItem],
    layout: AttributeLayout,
    others: Iterable[NoteItem] = (),
) -> Iterator[tuple[tuple[int, ...], list[Question]]]:
    """The ids of each window that has an item of the layout's categories, and what is asked of its items.

    Args:
        tokens: the report.
        items: each within a sentence; those of other categories are not asked of, but seen.
        layout: how it is read.
        others: what is only seen, such as further mentions of items.
    """
    items = set(items)
    rows = sorted({*items, *others}, key=lambda item: (item.first, item.last, item.key))
    firsts = [item.first for item in rows]
    for window in windows(tokens, layout.window, layout.context):
        questions = [
            question
            for begin, end in window.sentences
            for question in _of_sentence(
                words(tokens, (begin, end)),
                rows[bisect_left(firsts, begin) : bisect_left(firsts, end)],
                len(layout.before) - window.start,
            )
            if question.item in items and question.item.key in layout.known
        ]
        if questions:
            ids = tokens.ids[window.start : window.end]
            yield (*layout.before, *ids, *layout.after), questions


def _of_sentence(own: Words, items: Sequence[NoteItem], moved: int) -> Iterator[Question]:
    """What is asked of the items of a sentence with these words, which are ``moved`` tokens on in the window's ids."""
    spans = [word_span(own, item.first, item.last) for item in items] if own else []
    for item, (first, last) in zip(items, spans, strict=False):
        roles = [NONE] * len(own)
        for role in (OTHER, SAME):  # the latter where both are
            for other, (a, b) in zip(items, spans, strict=True):
                if (other.key == item.key) == (role == SAME):
                    roles[a : b + 1] = [role] * (b + 1 - a)
        roles[first : last + 1] = [OWN] * (last + 1 - first)
        near = range(max(first - REACH, 0), min(last + 1 + REACH, len(own)))
        yield Question(
            item,
            tuple(own[n] for n in near),
            tuple(own[n][0] + moved for n in near),
            tuple(roles[n] for n in near),
            tuple(FARTHEST + _steps(n, first, last) for n in near),
        )


def _steps(word: int, first: int, last: int) -> int:
    """Words from an item, those before it negative."""
    steps = min(word - first, 0) + max(word - last, 0)
    return max(-FARTHEST, min(steps, FARTHEST))


def inputs(
    ids: Sequence[int], questions: Sequence[Question], layout: AttributeLayout
) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.int64]]:
    """What the encoder reads: ``input_ids`` and ``attention_mask`` (1, T); and the words of all questions, one after the other in R
    rows of W: ``words``, ``roles``, ``distances``, ``categories``, and ``questions``, the number of the question from 1 on, 0 where
    none is.

    Returns:
        The inputs, and (N,) the place among the R W words where each question begins.
    """
    lengths = [len(q.words) for q in questions]
    width = max(ROW, *lengths)
    rows, taken, begins = 0, 0, []
    for length in lengths:
        if taken + length > width:
            rows, taken = rows + 1, 0
        begins.append(rows * width + taken)
        taken += length

    def filled(values: Iterable[Sequence[int]]) -> NDArray[np.int64]:
        row = np.zeros((rows + 1) * width, np.int64)
        for begin, own in zip(begins, values, strict=True):
            row[begin : begin + len(own)] = own
        return row.reshape(-1, width)

    index = {key: n for n, key in enumerate(layout.keys)}
    given = {
        "input_ids": np.array([ids], np.int64),
        "attention_mask": np.ones((1, len(ids)), np.int64),
        "words": filled(q.places for q in questions),
        "questions": filled([n] * length for n, length in enumerate(lengths, 1)),
        "roles": filled(q.roles for q in questions),
        "distances": filled(q.distances for q in questions),
        "categories": filled([index[q.item.key]] * len(q.words) for q in questions),
    }
    return given, np.array(begins)


def unpacked(
    begins: NDArray[np.int64], lengths: NDArray[np.int64], words: int
) -> NDArray[np.int64]:
    """(N, L) the place of each question's words among all ``words`` of :func:`inputs`; anything where a shorter one has none."""
    places: NDArray[np.int64] = begins[:, None] + np.arange(lengths.max())
    return np.minimum(places, words - 1)


def attributes(
    tokens: ReportTokens,
    items: Iterable[NoteItem],
    types: Mapping[str, Sequence[str]],
    layout: AttributeLayout,
    chain: Chain,
    scores: Scores,
    threshold: float = 0.0,
    others: Iterable[NoteItem] = (),
) -> dict[NoteItem, list[NoteAttribute]]:
    """The attributes of items. Those of one type do not overlap, and none is a part of a word.

    Args:
        tokens: the report.
        items, others: see :func:`asked`.
        types: the types to look for, by category.
        layout, chain: of the encoder.
        scores: the encoder: :func:`inputs` → (R, W, A, 3).
        threshold: least sum of the probabilities of overlapping spans, as :func:`elmtex.decoding.select.kept` has it.
    """
    found: dict[NoteItem, list[NoteAttribute]] = {}
    for ids, questions in asked(tokens, items, layout, others):
        asking = [q for q in questions if types.get(q.item.key)]
        if not asking:
            continue
        lengths = np.array([len(q.words) for q in asking])
        given, begins = inputs(ids, asking, layout)
        packed = scores(given).reshape(-1, len(layout.types), 3)
        labels = packed[unpacked(begins, lengths, len(packed))].astype(np.float64)
        read = chain.read(labels, lengths)
        for row, question in enumerate(asking):
            own = types[question.item.key]
            columns = [layout.types.index(type) for type in own]
            found[question.item] = list(
                _of_item(read, row, columns, own, question.words, threshold)
            )
    return found


def _of_item(
    read: Labelling,
    row: int,
    columns: Sequence[int],
    types: Sequence[str],
    own: Words,
    threshold: float,
) -> Iterator[NoteAttribute]:
    for type, spans in zip(types, read.spans(row, columns), strict=True):
        candidates = [
            NoteAttribute(type, own[first][0], own[last][1], (float(np.log(spans[first, last])),))
            for first, last in zip(*np.nonzero(spans >= LEAST), strict=True)
        ]
        yield from sorted(likeliest(candidates, threshold), key=lambda a: a.first)
