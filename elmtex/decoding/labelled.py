"""A report as an encoder has labelled it: how probable each span of words is an item of each category, and its assertion."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.chain import Chain, Labelling
from elmtex.decoding.notes import NoteItem
from elmtex.decoding.tokens import ReportTokens
from elmtex.decoding.words import Window, Words, windows, word_span, words
from elmtex.types import ASSERTIONS

LEAST = 0.02  # probability of a span that is a candidate

Floats = NDArray[np.floating]
Scores = Callable[[Sequence[int]], Floats]  # T token ids → (T, 3 C + 3): labels, then assertions


@dataclass(frozen=True)
class Layout:
    """How an encoder reads a report.

    Args:
        keys: (C,) categories it labels.
        window, context: tokens, as :func:`elmtex.decoding.words.windows` has them.
        before, after: ids of the special tokens around a window.
    """

    keys: tuple[str, ...]
    window: int
    context: int
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


@dataclass(frozen=True)
class SentenceItems:
    """The candidates of one sentence, as :func:`elmtex.decoding.select.kept` takes them."""

    tokens: ReportTokens
    sentence: tuple[int, int]
    items: list[NoteItem]


@dataclass(frozen=True)
class _Sentence:
    span: tuple[int, int]
    words: Words
    assertions: Floats  # (L, 3)
    labelling: Labelling
    number: int  # of its row there


class Labelled:
    """The labels of a report.

    Args:
        tokens: the report.
        layout: how it is read.
        chain: of the encoder.
        scores: the encoder.
    """

    def __init__(self, tokens: ReportTokens, layout: Layout, chain: Chain, scores: Scores) -> None:
        self.tokens, self._layout = tokens, layout
        self._index = {key: c for c, key in enumerate(layout.keys)}
        self._sentences: list[_Sentence] = []
        for window in windows(tokens, layout.window, layout.context):
            self._sentences += _read(tokens, window, layout, chain, scores)
        self._ends = [tokens.offsets[s.span[1] - 1][1] for s in self._sentences]  # code points

    def states(self, keys: Sequence[str], least: float = LEAST) -> list[SentenceItems]:
        """The spans that are items of these categories with at least this probability, by sentence."""
        return [self._items(sentence, keys, least) for sentence in self._sentences]

    def opinion(self, start: int, end: int, key: str) -> tuple[float, float, float]:
        """What the encoder thinks of an item: the probability of just this span, and the greatest and the mean
        probability of its words to be part of an item of the category. 0, 0, 0 where no word is.

        Args:
            start, end: half-open code points of the report.
            key: one of the layout's categories.
        """
        at = bisect_right(self._ends, start)
        if at == len(self._sentences):
            return 0.0, 0.0, 0.0
        sentence, column = self._sentences[at], [self._index[key]]
        if self.tokens.offsets[sentence.words[0][0]][0] >= end:
            return 0.0, 0.0, 0.0
        touched = self.tokens.covering(start, end, sentence.span)
        first, last = word_span(sentence.words, *touched)
        inside = sentence.labelling.inside(sentence.number, column)[first : last + 1, 0]
        span = sentence.labelling.spans(sentence.number, column)[0, first, last]
        return float(span), float(inside.max()), float(inside.mean())

    def _items(self, sentence: _Sentence, keys: Sequence[str], least: float) -> SentenceItems:
        columns = [self._index[key] for key in keys]
        spans = sentence.labelling.spans(sentence.number, columns)  # (keys, L, L)
        items = []
        for column, first, last in zip(*np.nonzero(spans >= least), strict=True):
            assertion = sentence.assertions[first : last + 1].mean(0).argmax()
            items.append(
                NoteItem(
                    sentence.words[first][0],
                    sentence.words[last][1],
                    keys[column],
                    ASSERTIONS[assertion],
                    (float(np.log(spans[column, first, last])),),
                )
            )
        return SentenceItems(self.tokens, sentence.span, items)


def _read(
    tokens: ReportTokens, window: Window, layout: Layout, chain: Chain, scores: Scores
) -> list[_Sentence]:
    """The sentences that a window labels; one without a word is left out."""
    rows = [(span, found) for span in window.sentences if (found := words(tokens, span))]
    if not rows:
        return []
    ids = (*layout.before, *tokens.ids[window.start : window.end], *layout.after)
    given = scores(ids)[len(layout.before) :]  # (T, 3 C + 3)
    split = 3 * len(layout.keys)
    lengths = np.array([len(found) for _, found in rows])
    labels = np.zeros((len(rows), int(lengths.max()), len(layout.keys), 3))
    for row, (_, found) in enumerate(rows):
        firsts = [first - window.start for first, _ in found]
        labels[row, : len(found)] = given[firsts, :split].reshape(len(found), -1, 3)
    labelling = chain.read(labels, lengths)
    return [
        _Sentence(
            span, found, given[[f - window.start for f, _ in found], split:], labelling, number
        )
        for number, (span, found) in enumerate(rows)
    ]
