"""What stands around a result in its line and, in a printed table, above it: all as spans of the report.

Only what has its form is taken, and only up to the first words: of "Creatinine 1.9 mg/dL  H  (0.7-1.2)" the flag and the
reference range, but not the "(baseline 1.3)" behind another result.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from elmtex.types import Item
from elmtex.values.dates import date

Span = tuple[int, int]

_NUMBER = r"\d+(?:[.,]\d+)*"
_GAP = re.compile(r"[ \t|]*")
_WIDE = re.compile(r"\t|\||  ")
_RANGE = re.compile(
    r"[(\[]?\s*(?:(?:ref|norm|nr)[a-z]*\.?\s*:?\s*)?"
    rf"(?P<range>{_NUMBER}\s?(?:-|\u2013|bis|to)\s?{_NUMBER}|[<>≤≥]=?\s?{_NUMBER})"
    r"(?:\s?[a-zµμ%°][^\s()\[\]|]{0,11})?\s*[)\]]?(?=[\s|,;.]|$)",
    re.IGNORECASE,
)
_FLAG = re.compile(
    r"\(?(?P<flag>HH|LL|H|L|\*{1,3}|\+{1,3}|--|[↑↓]{1,2}|high|low|erhöht|erniedrigt)\)?(?=[\s|,;.]|$)"
)
_VALUE = re.compile(rf"[<>≤≥]?\s?{_NUMBER}(?: ?[a-zA-Zµμ%°][^\s|]*)?(?=\s|\||$)")
_CELL = re.compile(r"[^\s|]+(?: [^\s|]+)*")
_LINES = 60  # above a result, in which the head of its table is looked for


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a result, as half-open code points; None where there is none.

    Args:
        limits: the reference range.
        flag: that it is high or low.
        when: the date at the head of its column.
    """

    limits: Span | None = None
    flag: Span | None = None
    when: Span | None = None


def around(report: str, item: Item) -> Around:
    """What stands around a result.

    Examples:
        >>> report = "Na 128 mmol/l  L  (135-145)"
        >>> found = around(report, Item("Na 128 mmol/l", 0, 13))
        >>> report[slice(*found.limits)], report[slice(*found.flag)]
        ('135-145', 'L')
    """
    if item.start is None or item.end is None:
        return Around()
    return Around(*_beside(report, item.end), _head(report, item.start, item.end))


def line_of(report: str, at: int) -> Span:
    """The line around a code point, without its end."""
    start = max(report.rfind("\n", 0, at), report.rfind("\r", 0, at)) + 1
    ends = [found for found in (report.find(mark, at) for mark in "\r\n") if found >= 0]
    return start, min(ends, default=len(report))


def _beside(report: str, at: int) -> tuple[Span | None, Span | None]:
    """The range and the flag behind a result; in a printed table other values may stand between."""
    _, end = line_of(report, at)
    limits: Span | None = None
    flag: Span | None = None
    while at < end and not (limits and flag):
        gap = _GAP.match(report, at, end)
        assert gap is not None
        at = gap.end()
        if limits is None and (found := _RANGE.match(report, at, end)):
            limits = found.span("range")
        elif flag is None and (found := _FLAG.match(report, at, end)):
            flag = found.span("flag")
        else:
            found = _VALUE.match(report, at, end) if _WIDE.search(gap[0]) else None
            if found is None or limits is not None:
                break
        at = found.end()
    return limits, flag


def _head(report: str, start: int, end: int) -> Span | None:
    """The date at the head of a result's column: the cell above it, in the first line that has dates in columns."""
    first, last = line_of(report, start)
    if not _WIDE.search(report, start, last) and not _WIDE.search(report, first, start):
        return None
    for _ in range(_LINES):
        if first == 0:
            return None
        above, below = line_of(report, first - 1)
        if not report[above:below].strip() or above == first:
            return None
        cells = [cell.span() for cell in _CELL.finditer(report, above, below)]
        dated = [cell for cell in cells if date(report[slice(*cell)]) is not None]
        if dated:
            # Tabs and proportional type aside, a column's cells share characters with its head.
            at, to = start - line_of(report, start)[0], end - line_of(report, start)[0]
            return next((c for c in dated if c[0] - above < to and at < c[1] - above), None)
        first = above
    return None
