"""The rows of a printed table of results: "Creatinine umol/L   162   141   45-84" is a test, its unit, two results and
their reference range."""

from __future__ import annotations

import re
from dataclasses import dataclass

from elmtex.text.result_line import LONGEST_ROW, is_limits
from elmtex.text.rows import LONGEST_HEAD, Span, cells, line_of
from elmtex.values.dates import date
from elmtex.values.units import unit_code

_HEAD = re.compile(r"[^\W_](?:.*[\w%)\]])?", re.DOTALL)
_UNIT = re.compile(r"[/a-zA-Zµμ%°][^\s()\[\]]*")
_UNIT_AT_END = re.compile(rf"[\s,]+(?P<open>[(\[])?(?P<unit>{_UNIT.pattern})(?(open)[)\]])$")
_NUMBER = r"(?:\d{1,3}(?:[.,]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
_RESULT = re.compile(
    rf"(?P<value>[<>≤≥]?=?\s?{_NUMBER}(?:\s?[-\u2013/]\s?{_NUMBER})?(?:\s?(?!HH?\b|LL?\b)(?P<unit>{_UNIT.pattern}))?"
    r"|(?i:(?:neg|pos)(?:ative?|itive?|\.)?))(?:\s*[(\[]?(?P<flag>HH?|LL?|\*{1,3}|[↑↓⇑⇓]{1,5}|[+-])[)\]]?)?"
)
# "2.1 L" is a volume of these, else low
_VOLUMES = re.compile(
    r"FEV|\bF?VC|\bTLC|\bRV\b|volum|intake|output|urin|diurese|infus|drain", re.IGNORECASE
)
_BESIDE = re.compile(
    r"[(\[]?(?:HH?|LL?|N|\*{1,3}|[↑↓⇑⇓]{1,5}|\+{1,3}|-{1,3}|[\u2013\u2014]|n\.?[db]\.?)[)\]]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """A row, as half-open code points.

    Args:
        test: what was measured, without its unit.
        results: a cell each, without its flag; at least one.
        unit: of the results that have none of their own; None where the row has none.
        limits: the reference range; None where there is none.
    """

    test: Span
    results: tuple[Span, ...]
    unit: Span | None = None
    limits: Span | None = None


def printed_row(report: str, at: int) -> PrintedRow | None:
    """The row of results that a code point stands in; None where its line is anything else, or not whole in this form.

    Examples:
        >>> line = "Creatinine umol/L   162   141   45-84"
        >>> row = printed_row(line, 0)
        >>> line[slice(*row.test)], [line[slice(*span)] for span in row.results], line[slice(*row.unit)]
        ('Creatinine', ['162', '141'], 'umol/L')
        >>> printed_row("Ramipril 5 mg   1-0-0   for his heart", 0) is None
        True
    """
    first, last = line_of(report, at)
    row = cells(report, first, last) if last - first <= LONGEST_ROW else []
    if len(row) < 2:
        return None
    test, unit = _head(report, row[0])
    results, limits = [], None
    for start, end in row[1:]:
        words = report[start:end].rstrip()
        if is_limits(report, start):
            limits = (start, start + len(words))
        elif _BESIDE.fullmatch(words):
            continue
        elif (found := _RESULT.fullmatch(words)) and (words.isdigit() or date(words) is None):
            if found["unit"] and unit_code(found["unit"]) is None:
                return None
            is_volume = found["flag"] == "L" and _VOLUMES.search(report, *row[0])
            results.append((start, start + len(words if is_volume else found["value"].rstrip())))
        elif _is_unit(words.strip("()[]")):
            inside = start + len(words) - len(words.lstrip("(["))
            unit = (inside, inside + len(words.strip("()[]")))
        else:
            return None
    if test is None or not results:
        return None
    return PrintedRow(test, tuple(results), unit, limits)


def _head(report: str, cell: Span) -> tuple[Span | None, Span | None]:
    """The test and the unit of a row's first cell: "Hb (g/dl):"."""
    start, end = cell
    words = report[start:end].rstrip(" :")
    is_name = _HEAD.fullmatch(words) and any(map(str.isalpha, words))
    if len(words) > LONGEST_HEAD or not is_name:
        return None, None
    found = _UNIT_AT_END.search(words)
    if found is None or not (
        _is_unit(found["unit"]) if found["open"] else _is_plain_unit(found["unit"])
    ):
        return (start, start + len(words)), None
    return (start, start + found.start()), (start + found.start("unit"), start + found.end("unit"))


def _is_unit(words: str) -> bool:
    return bool(_UNIT.fullmatch(words)) and unit_code(words) is not None


def _is_plain_unit(words: str) -> bool:
    """Without brackets the last word is the unit only where it cannot be a part of the name: not of "Vitamin D"."""
    if len(words) == 1 or (words.isalpha() and not words[0].islower()):
        return words == "%"
    return _is_unit(words)
