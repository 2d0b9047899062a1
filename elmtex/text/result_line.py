"""What stands around a result in its line and, in a printed table, above it: all as spans of the report.

Only what has its form is taken, and only up to the first words: of "Creatinine 1.9 mg/dL  H  (0.7-1.2)" the flag and the
reference range, but not the "(baseline 1.3)" behind another result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from elmtex.text.rows import GAP, Span, cells, line_of, rows_above
from elmtex.types import Item
from elmtex.values.dates import date

_NUMBER = r"\d+(?:[.,]\d+)*"
_UNIT = r"\s?[/a-zµμ%°][^\s()\[\]|]{0,11}"
_LIMITS = (
    rf"(?:{_NUMBER}\s?(?:[-\u2013\u2014]|bis|to)\s?{_NUMBER}|[<>≤≥]=?\s?{_NUMBER})(?:{_UNIT})?"
)
_RANGE = re.compile(
    r"(?P<open>[(\[])?\s*(?P<named>(?:ref|norm|nr|rr)[a-zäöü ]{0,20}[.:\s]*)?"
    rf"(?P<range>{_LIMITS})\s*(?(open)[)\]])(?=[\s|,;.]|$)",
    re.IGNORECASE,
)
_RANGE_CELL = re.compile(rf"[(\[]?{_LIMITS}[)\]]?", re.IGNORECASE)
_RANGE_HEAD = re.compile(r"ref|norm|soll|(?:nr|rr|range)\b", re.IGNORECASE)
_FLAG = re.compile(
    r"(?P<open>[(\[])?(?P<flag>HH|LL|H|L|\*{1,3}|\+{1,3}|--|[↑↓⇑⇓]{1,5}|high|low|erhöht|erniedrigt)(?(open)[)\]])"
    r"(?=\s*(?:[;,.|(\[]|$)|\s*\t|\s{2})"
)
_VALUE = re.compile(  # or what stands for none
    rf"(?:[<>≤≥]?\s?{_NUMBER}(?: ?[a-zA-Zµμ%°][^\s|]*)?|[-\u2013\u2014])(?=\s|\||$)"
)
_UNIT_CELL = re.compile(r"[/a-zµμ%°][^\s()\[\]|]{0,11}(?=\s*[\t|]|\s{2})", re.IGNORECASE)
_DAY = re.compile(
    r"\d{1,2}\.\d{1,2}\.|\d{1,2}/\d{1,2}(?:/(?:\d{4}|\d{2}))?"
)  # "03.11." but not "3.11", which is a value
LONGEST_ROW = 400  # characters; a longer line is prose


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a result, as half-open code points; None where there is none.

    Args:
        limits: the reference range, with its unit if it has one.
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
    return Around(*behind(report, item.end), date_above(report, item.start, item.end))


def behind(report: str, at: int) -> tuple[Span | None, Span | None]:
    """The reference range and the flag behind a result that ends at ``at``.

    In a printed table its unit may stand between, and other values: the range is theirs, too, a flag is not. Without brackets a range
    has a column of its own, or is called so: "3-5 days later" is none.
    """
    _, end = line_of(report, at)
    limits: Span | None = None
    flag: Span | None = None
    passed = False
    while at < end and not (limits and flag):
        gap = GAP.match(report, at, end)
        at = gap.end() if gap else at + (report[at] == " ")
        found = _RANGE.match(report, at, end) if limits is None else None
        if found and (found["open"] or found["named"] or gap):
            limits = found.span("range")
        elif flag is None and (found := _FLAG.match(report, at, end)):
            flag = None if passed else found.span("flag")
        else:
            unit = _UNIT_CELL.match(report, at, end) if gap else None
            found = unit or (_VALUE.match(report, at, end) if gap else None)
            if found is None or limits is not None:
                break
            passed = passed or unit is None
        at = found.end()
    return limits, flag


def is_limits(report: str, start: int) -> bool:
    """Whether what begins there is no result but the reference range of its row, which has a result in a cell before.

    Examples:
        >>> row = "Creatinine   168   60-105"
        >>> is_limits(row, 19), is_limits(row, 13)
        (True, False)
    """
    first, last = line_of(report, start)
    if last - first > LONGEST_ROW:
        return False
    row = cells(report, first, last)
    place = next((n for n, (begin, end) in enumerate(row) if begin <= start < end), 0)
    words = [report[begin:end].strip() for begin, end in row[: place + 1]]
    if not place or not _RANGE_CELL.fullmatch(words[place]):
        return False
    results = [cell for cell in words[:place] if not _RANGE_CELL.fullmatch(cell)]
    if not any(map(str.isdigit, "".join(results))):
        return False
    # "< 5" may also be the result of a later day.
    is_bound = words[place].lstrip("([")[0] in "<>≤≥"
    return not is_bound or any(
        _RANGE_HEAD.match(report, above)
        for at, above_row in rows_above(report, start)
        for above in _above(above_row, at, row, place, first)
    )


def _above(above_row: list[Span], at: int, row: list[Span], place: int, line: int) -> Iterator[int]:
    """Where the cells begin that stand above one of a row; the last stands above the last, between tabs, too."""
    yield from (start for start, _ in _sharing(above_row, at, row[place], line))
    if place == len(row) - 1 and above_row:
        yield above_row[-1][0]


def date_above(report: str, start: int, end: int) -> Span | None:
    """The date at the head of a result's column: the cell above it, in the first line that has dates in columns."""
    line, _ = line_of(report, start)
    for at, row in rows_above(report, start):
        words = {cell: report[slice(*cell)].strip() for cell in row}
        dated = [cell for cell in row if date(words[cell]) is not None]
        days = [cell for cell in row if _DAY.fullmatch(words[cell])]
        if dated or len(days) > 1:
            dated += days
            return next(iter(_sharing(dated, at, (start, end), line)), None)
    return None


def _sharing(row: Iterable[Span], at: int, cell: Span, line: int) -> Iterator[Span]:
    """The cells of a row that begins ``at`` which share columns with a cell of another line: tabs and proportional type
    aside, they stand below each other."""
    return (
        (first, last)
        for first, last in row
        if first - at < cell[1] - line and cell[0] - line < last - at
    )
