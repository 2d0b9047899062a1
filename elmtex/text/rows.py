"""The rows of tables that stand in a report as lines: cells between tabs, bars or runs of blanks."""

from __future__ import annotations

import re

_GAP = re.compile(r"[ \xa0]*[\t|][\s|]*|[ \xa0]{2,}")
_LETTER = re.compile(r"[^\W\d_]")
_LONGEST_HEAD = 40  # characters; a longer cell is prose


def row_head(report: str, start: int) -> tuple[int, int] | None:
    """The words that head a table's row: those of its first cell, half-open code points.

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
    line = report.rfind("\n", 0, start) + 1
    cells = [(gap.start(), gap.end()) for gap in _GAP.finditer(report, line, start)]
    if cells and cells[0][0] == line:  # an indent, or the bar before the first cell
        line = cells.pop(0)[1]
    if not cells or cells[-1][1] != start:
        return None
    head = report[line : cells[0][0]]
    is_prose = len(head) > _LONGEST_HEAD or head.endswith((".", "!", "?", ";", ","))
    return None if is_prose or not _LETTER.search(head) else (line, line + len(head.rstrip(" :")))
