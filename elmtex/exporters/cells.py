"""Cells and tables of CSV (RFC 4180) that no spreadsheet runs as formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

Cell = str | int | float | None

# What Excel, LibreOffice and Google Sheets take for the start of a formula (OWASP, "CSV Injection"), with the
# full-width signs that some of them fold.
_FORMULA = tuple("=+-@＝＋－＠")
# Where a German Excel separates cells, even inside quotation marks.
_PARTS = frozenset(";\t\r\n")
# What may precede such a character: what separates cells, white space, invisible characters.
_BEFORE = re.compile(
    r"[;\s\x00-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+"
)


def csv_table(head: Iterable[str], rows: Iterable[list[Cell]]) -> str:
    """A table as CSV."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(head)
    writer.writerows(rows)
    return table.getvalue()


def cell(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""

    def held(run: re.Match[str]) -> str:
        behind = text.startswith(_FORMULA, run.end()) and not _PARTS.isdisjoint(run[0])
        return run[0] + "'" * behind

    begun = _BEFORE.match(text)
    formula = text.startswith((*_FORMULA, "\t", "\r", "\n")) or (
        begun is not None and text.startswith(_FORMULA, begun.end())
    )
    # Each run once and whole: looking behind every separator again would take a minute for a page of line ends.
    return "'" * formula + _BEFORE.sub(held, text)
