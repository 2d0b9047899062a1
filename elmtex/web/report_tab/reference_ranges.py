"""What stands beside a result in its line: the reference range and the flag, as spans of the report.

Only what has their form is taken, and only up to the first words: "Creatinine 1.9 mg/dL  H  (0.7-1.2)", but not the
"(baseline 1.3)" behind another. In a printed table other values may stand between.
"""

from __future__ import annotations

import re

from elmtex.types import Item

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


def result_of(report: str, item: Item) -> tuple[Span | None, Span | None]:
    """The spans of the reference range and of the flag of a result, as half-open code points; None where there is none.

    Examples:
        >>> report = "Na 128 mmol/l  L  (135-145)"
        >>> spans = result_of(report, Item("Na 128 mmol/l", 0, 13))
        >>> [report[start:end] for start, end in spans]
        ['135-145', 'L']
    """
    if item.end is None:
        return None, None
    ends = [at for at in (report.find(mark, item.end) for mark in "\r\n") if at >= 0]
    at, end = item.end, min(ends, default=len(report))
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
