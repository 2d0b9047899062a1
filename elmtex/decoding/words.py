"""The words of a report as an encoder labels them: overlapping windows of whole sentences."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from elmtex.decoding.tokens import ReportTokens, chunks

Words = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a report that an encoder reads at once.

    Args:
        start, end: half-open token range.
        sentences: the sentences labelled in this window, half-open token ranges; the others in it are their context.
    """

    start: int
    end: int
    sentences: tuple[tuple[int, int], ...]


def windows(tokens: ReportTokens, size: int, context: int) -> list[Window]:
    """Cut a report into windows; each sentence is labelled in one of them.

    Args:
        tokens: the report.
        size: maximum tokens of a window, at least ``MAX_SENTENCE`` + 2 * ``context``.
        context: maximum tokens of whole sentences that a window has before and after those it labels.
    """
    ends = [end for _, end in tokens.sentences]
    found = []
    for chunk in chunks(tokens, size - context, context):
        last = ends[bisect_right(ends, chunk.end + context) - 1]
        found.append(Window(chunk.start, max(last, chunk.end), chunk.sentences))
    return found


def words(tokens: ReportTokens, sentence: tuple[int, int]) -> Words:
    """The words of a sentence, half-open token ranges in order; an item is one or more of them. A line of control characters has none."""
    starts = [i for i in range(*sentence) if tokens.starts[i]]
    return tuple(pairwise([*starts, sentence[1]]))


def word_span(sentence: Sequence[tuple[int, int]], first: int, last: int) -> tuple[int, int]:
    """The first and the last word, both of it, that a half-open token range touches."""
    starts = [start for start, _ in sentence]
    begin = max(bisect_right(starts, first) - 1, 0)
    return begin, max(bisect_right(starts, last - 1) - 1, begin)
