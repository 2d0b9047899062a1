"""A linear-chain conditional random field over the words of a sentence: which of them begin an item, and which are inside
one.

Each category has a chain of its own, so items of different categories may overlap. Lafferty, McCallum and Pereira 2001;
the sums over all labellings are the forward-backward algorithm's. A span's probability is that of all labellings in which
it is an item: exact, not the product of its words'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

OUTSIDE, BEGIN, INSIDE = range(3)
FORBIDDEN = -1e4  # the score of what no labelling may hold: inside after outside, or first

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """The chains of C categories.

    Args:
        start: (C, 3) scores of a sentence's first label.
        transitions: (C, 3, 3) scores of a label, the last axis, after another.

    Examples:
        >>> chain = Chain.of(np.zeros((1, 3)), np.zeros((1, 3, 3)))
        >>> sure = np.array([[[[0.0, 0, 0], [0, 9, 0], [0, 0, 9]]]])  # (sentences, words, C, 3)
        >>> read = chain.read(np.moveaxis(sure, 1, 2), np.array([3]))
        >>> round(float(read.spans(0, [0])[0, 1, 2]), 2)  # the item of the words 1 and 2
        1.0
    """

    start: Floats
    transitions: Floats

    @classmethod
    def of(cls, start: ArrayLike, transitions: ArrayLike) -> Chain:
        """The chain of learnt scores, with what no labelling may hold forbidden."""
        first, after = np.array(start, np.float64), np.array(transitions, np.float64)
        first[:, INSIDE] = FORBIDDEN
        after[:, OUTSIDE, INSIDE] = FORBIDDEN
        return cls(first, after)

    def read(self, scores: Floats, lengths: NDArray[np.integer]) -> Labelling:
        """Sum over all labellings of some sentences.

        Args:
            scores: (S, L, C, 3) of each word's labels, shorter sentences filled up with anything finite.
            lengths: (S,) words of each sentence, at least one.
        """
        count, longest = scores.shape[:2]
        before = np.empty(scores.shape)
        before[:, 0] = self.start + scores[:, 0]
        for i in range(1, longest):
            before[:, i] = scores[:, i] + _sum(before[:, i - 1, :, :, None] + self.transitions, 2)
        after, stop = np.zeros(scores.shape), np.zeros(scores.shape)
        for i in reversed(range(longest - 1)):
            ways = self.transitions + (scores[:, i + 1] + after[:, i + 1])[:, :, None, :]
            inside = (i < lengths - 1)[:, None, None]
            after[:, i] = np.where(inside, _sum(ways, 3), 0)
            stop[:, i] = np.where(inside, _sum(ways[..., :INSIDE], 3), 0)
        total = _sum(before[np.arange(count), lengths - 1], 2)
        return Labelling(self, scores, lengths, before, after, stop, total)


@dataclass(frozen=True)
class Labelling:
    """The sums over all labellings of S sentences; see :meth:`Chain.read`.

    Args:
        before, after: (S, L, C, 3) log sums over what precedes a word with it, and over what follows it.
        stop: as ``after``, where the next word is not inside.
        total: (S, C) log sums over everything.
    """

    chain: Chain
    scores: Floats
    lengths: NDArray[np.integer]
    before: Floats
    after: Floats
    stop: Floats
    total: Floats

    def inside(self, sentence: int, columns: Sequence[int]) -> Floats:
        """(L, columns) probabilities that a word of a sentence is part of an item of these categories."""
        n = self.lengths[sentence]
        logs = self.before[sentence, :n] + self.after[sentence, :n] - self.total[sentence, :, None]
        shares: Floats = np.exp(logs[:, columns, BEGIN:]).sum(2)
        return shares

    def spans(self, sentence: int, columns: Sequence[int]) -> Floats:
        """(columns, L, L) probabilities that the words from i to j, both of it, are an item of these categories; 0 where
        j < i."""
        n, ways = self.lengths[sentence], self.chain.transitions[columns]
        scores, before = self.scores[sentence, :n, columns], self.before[sentence, :n, columns]
        stop, total = self.stop[sentence, :n, columns], self.total[sentence, columns]
        # An index that is a list comes first: all are (columns, L, 3)
        inner = np.cumsum(scores[..., INSIDE] + ways[:, None, INSIDE, INSIDE], 1)
        # The second word follows a beginning, those after it an inside
        first = ways[:, BEGIN, INSIDE] - ways[:, INSIDE, INSIDE]
        opened = before[..., BEGIN] - inner + (first - total)[:, None]
        logs = opened[:, :, None] + (inner + stop[..., INSIDE])[:, None, :]
        single = np.arange(n)
        logs[:, single, single] = before[..., BEGIN] + stop[..., BEGIN] - total[:, None]
        logs[:, single[:, None] > single] = -np.inf
        shares: Floats = np.exp(np.minimum(logs, 0))
        return shares


def _sum(logs: Floats, axis: int) -> Floats:
    total: Floats = np.logaddexp.reduce(logs, axis)
    return total
