"""The rows of tables that stand in a report as lines: cells between tabs, bars or runs of blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]  # half-open code points

GAP = re.compile(r"[ \xa0]*[\t|][ \xa0\t|]*|[ \xa0]{2,}")  # between two cells
_LETTER = re.compile(r"[^\W\d_]")
LONGEST_HEAD = 40  # characters; a longer cell is prose
_LINES = 60  # above a cell, in which the head of its column is looked for


def line_of(report: str, at: int) -> Span:
    """The line around a code point, without its end."""
    start = max(report.rfind("\n", 0, at), report.rfind("\r", 0, at)) + 1
    ends = [found for found in (report.find(mark, at) for mark in "\r\n") if found >= 0]
    return start, min(ends, default=len(report))


def cells(report: str, start: int, end: int) -> list[Span]:
    """The cells of a line.

    Args:
        report: the text.
        start, end: of the line.

    Examples:
        >>> line = "| Hb  10,4 g/dl |"
        >>> [line[slice(*cell)] for cell in cells(line, 0, len(line))]
        ['Hb', '10,4 g/dl']
    """
    found, at = [], start
    for gap in GAP.finditer(report, start, end):
        found.append((at, gap.start()))
        at = gap.end()
    found.append((at, end))
    return [(first, last) for first, last in found if report[first:last].strip()]


def row_head(report: str, start: int) -> Span | None:
    """The words that head a table's row: those of its first cell.

    Args:
        report: a text whose tables have a row a line.
        start: where a later cell of the row begins.

    Returns:
        None unless a cell begins there, in a line that begins with words.

    Examples:
        >>> table = "WBC   15.2   12.1"
        >>> row_head(table, 13), row_head(table, 6), row_head(table, 0), row_head("WBC 15.2", 4)
        ((0, 3), (0, 3), None, None)
    """
    line, _ = line_of(report, start)
    gaps = [gap.span() for gap in GAP.finditer(report, line, start)]
    if gaps and gaps[0][0] == line:  # an indent, or the bar before the first cell
        line = gaps.pop(0)[1]
    if not gaps or gaps[-1][1] != start:
        return None
    head = report[line : gaps[0][0]]
    is_prose = len(head) > LONGEST_HEAD or head.endswith((".", "!", "?", ";", ","))
    return None if is_prose or not _LETTER.search(head) else (line, line + len(head.rstrip(" :")))


def rows_above(report: str, start: int) -> Iterator[tuple[int, list[Span]]]:
    """The rows above a cell up to an empty line, the nearest first: where each begins, and its cells.

    Args:
        report: the text.
        start: of a cell; in a line without columns there is nothing.
    """
    first, last = line_of(report, start)
    if not GAP.search(report, first, last):
        return
    for _ in range(_LINES):
        if first == 0:
            return
        above, below = line_of(report, first - 1)
        if above == first or not report[above:below].strip():
            return
        yield above, cells(report, above, below)
        first = above
