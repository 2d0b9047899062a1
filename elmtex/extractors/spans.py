"""Where items stand: which of many spans overlap another one, in logarithmic time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from elmtex.types import Item


class Spans:
    """Half-open spans of code points; those that overlap each other are one.

    Examples:
        >>> spans = Spans([(5, 9), (0, 3), (2, 4)])
        >>> spans.overlap(4, 5), spans.overlap(3, 5), spans.hold(1, 4), spans.hold(3, 6)
        (False, True, True, False)
    """

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        self._starts, self._ends = list[int](), list[int]()
        for start, end in sorted(spans):
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    @classmethod
    def of(cls, items: Iterable[Item]) -> Spans:
        """Where the items stand that are grounded."""
        return cls((i.start, i.end) for i in items if i.start is not None and i.end is not None)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def overlap(self, start: int, end: int) -> bool:
        """Whether one of them shares a code point with ``start:end``."""
        at = bisect_right(self._ends, start)
        return at < len(self._starts) and self._starts[at] < end

    def meet(self, item: Item) -> bool:
        """Whether one of them shares a code point with the item; never with one that is not grounded."""
        return (
            item.start is not None and item.end is not None and self.overlap(item.start, item.end)
        )

    def hold(self, start: int, end: int) -> bool:
        """Whether one of them holds all of ``start:end``."""
        at = bisect_right(self._starts, start) - 1
        return at >= 0 and end <= self._ends[at]

    def add(self, start: int, end: int) -> None:
        """Take up a span that overlaps none of them."""
        at = bisect_left(self._starts, start)
        self._starts.insert(at, start)
        self._ends.insert(at, end)
