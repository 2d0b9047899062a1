"""A report as an encoder has labelled it: how probable each span of words is an item of each category, and its assertion."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.chain import Chain, Labelling
from elmtex.decoding.notes import NoteItem
from elmtex.decoding.tokens import ReportTokens
from elmtex.decoding.words import Window, Words, windows, word_span, words
from elmtex.types import ASSERTIONS

LEAST = 0.05  # probability of a span that is a candidate
KEPT = 16  # windows that were read

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
class _Read:
    """A window that was read.

    Args:
        words: of each sentence labelled in it.
        assertions: (L, 3) of each sentence's words.
        labelling: a row per sentence.
    """

    words: list[Words]
    assertions: list[Floats]
    labelling: Labelling


class Labelled:
    """The labels of a report; a window is read when something in it is asked for, and the last few are kept.

    Args:
        tokens: the report.
        layout: how it is read.
        chain: of the encoder.
        scores: the encoder.
    """

    def __init__(self, tokens: ReportTokens, layout: Layout, chain: Chain, scores: Scores) -> None:
        self.tokens = tokens
        self._index = {key: c for c, key in enumerate(layout.keys)}
        cut = windows(tokens, layout.window, layout.context)
        # Its sentences with a word, and where in the report each ends
        self._places: list[tuple[int, int, tuple[int, int]]] = []  # window, row in it, tokens
        for number, window in enumerate(cut):
            spoken = (span for span in window.sentences if words(tokens, span))
            self._places += [(number, row, span) for row, span in enumerate(spoken)]
        self._ends = [tokens.offsets[span[1] - 1][1] for _, _, span in self._places]
        # All of a long report's would fill the memory
        self._read = lru_cache(KEPT)(partial(_reading, tokens, cut, layout, chain, scores))

    def states(
        self, keys: Sequence[str], least: float = LEAST, start: int = 0, end: int | None = None
    ) -> Iterator[SentenceItems]:
        """The spans that are items of these categories with at least this probability, by sentence.

        Args:
            start, end: half-open code points of the report that a sentence ends in; None is its end.
        """
        first = bisect_right(self._ends, start)
        last = None if end is None else bisect_right(self._ends, end)
        for number, row, span in self._places[first:last]:
            yield self._items(self._read(number), row, span, keys, least)

    def opinion(self, start: int, end: int, key: str) -> tuple[float, float, float]:
        """What the encoder thinks of an item: the probability of just this span, and the greatest and the mean
        probability of its words to be part of an item of the category. 0, 0, 0 where no word is.

        Args:
            start, end: half-open code points of the report.
            key: one of the layout's categories.
        """
        if (found := self._found(start, end)) is None:
            return 0.0, 0.0, 0.0
        read, row, first, last = found
        column = [self._index[key]]
        inside = read.labelling.inside(row, column)[first : last + 1, 0]
        exact = read.labelling.spans(row, column)[0, first, last]
        return float(exact), float(inside.max()), float(inside.mean())

    def assertion(self, start: int, end: int) -> Floats | None:
        """(3,) how probable each of ``ASSERTIONS`` is of the words of a span; None where no word is."""
        if (found := self._found(start, end)) is None:
            return None
        read, row, first, last = found
        scores = read.assertions[row][first : last + 1].mean(0)
        shares: Floats = np.exp(scores - scores.max())
        return shares / shares.sum()

    def _found(self, start: int, end: int) -> tuple[_Read, int, int, int] | None:
        """Where the words of a span were read: the window, the row in it, the first and the last word."""
        at = bisect_right(self._ends, start)
        if at == len(self._places):
            return None
        number, row, span = self._places[at]
        if self.tokens.offsets[span[0]][0] >= end:
            return None
        read = self._read(number)
        return read, row, *word_span(read.words[row], *self.tokens.covering(start, end, span))

    def _items(
        self, read: _Read, row: int, span: tuple[int, int], keys: Sequence[str], least: float
    ) -> SentenceItems:
        columns, own = [self._index[key] for key in keys], read.words[row]
        spans = read.labelling.spans(row, columns)  # (keys, L, L)
        items = []
        for column, first, last in zip(*np.nonzero(spans >= least), strict=True):
            assertion = read.assertions[row][first : last + 1].mean(0).argmax()
            items.append(
                NoteItem(
                    own[first][0],
                    own[last][1],
                    keys[column],
                    ASSERTIONS[assertion],
                    (float(np.log(spans[column, first, last])),),
                )
            )
        return SentenceItems(self.tokens, span, items)


def _reading(
    tokens: ReportTokens,
    cut: Sequence[Window],
    layout: Layout,
    chain: Chain,
    scores: Scores,
    number: int,
) -> _Read:
    """Read a window that labels at least one word."""
    window = cut[number]
    ids = tokens.ids[window.start : window.end]
    given = scores((*layout.before, *ids, *layout.after))[len(layout.before) :]  # (T, 3 C + 3)
    split = 3 * len(layout.keys)
    rows = [found for span in window.sentences if (found := words(tokens, span))]
    firsts = [[first - window.start for first, _ in found] for found in rows]
    lengths = np.array([len(found) for found in rows])
    labels = np.zeros((len(rows), int(lengths.max()), len(layout.keys), 3))
    for row, places in enumerate(firsts):
        labels[row, : len(places)] = given[places, :split].reshape(len(places), -1, 3)
    assertions = [given[places, split:] for places in firsts]
    return _Read(rows, assertions, chain.read(labels, lengths))
