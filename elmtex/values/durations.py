"""Durations: "for 7 days", "für 2 Wochen", "7/7"."""

from __future__ import annotations

import re

from elmtex.values.data import Number, Quantity, Range
from elmtex.values.numerals import NUMBER, WORD, WORDS, number, plain
from elmtex.values.quantities import COMPARATOR, TO, comparator_of
from elmtex.values.units import TIMES, unit_code

# "over" and "über" say during here or more than: only after "for" and "für" it is certain.
_DURING = re.compile(
    r"(?:for|für)\s+(?:the next\s+|a total of\s+|another\s+|insgesamt\s+|die nächsten\s+|weitere\s+)?",
    re.I,
)
_COUNT = rf"{NUMBER}|{WORD}"
_DURATION = re.compile(
    rf"(?:(?P<comparator>{COMPARATOR})\s*)?(?P<low>{_COUNT})(?:{TO}(?P<high>{_COUNT}))?(?:\s*|-)(?P<unit>[a-zäöü]+)\.?",
    re.IGNORECASE,
)
# British: days of 7 a week, weeks of 52 and months of 12 a year.
_BRITISH = re.compile(r"(?:(?P<low>[1-9][0-9]?)-)?(?P<number>[1-9][0-9]?)/(?P<of>7|52|12)")
_OF = {"7": "d", "52": "wk", "12": "mo"}


def duration(text: str, decimal: str | None = None) -> Quantity | Range | None:
    """How long a text says; None unless that is certain.

    Args:
        text: an attribute's words.
        decimal: as :func:`elmtex.values.numerals.number` takes it.

    Examples:
        >>> duration("for 7 days")
        Quantity(value=7, unit='days', code='d', comparator=None)
        >>> duration("für zwei Wochen").code, duration("2/52").code
        ('wk', 'wk')
        >>> duration("several years") is duration("over 6 weeks") is None
        True
    """
    words = plain(text).rstrip(" ,;")
    bare = _DURING.sub("", words, count=1) if _DURING.match(words) else words
    if match := _BRITISH.fullmatch(bare):
        unit = _OF[match["of"]]
        if match["low"]:
            return _between(int(match["low"]), int(match["number"]), unit, unit)
        return Quantity(int(match["number"]), unit, unit)
    match = _DURATION.fullmatch(bare)
    if match is None:
        return None
    unit, code = match["unit"], unit_code(match["unit"])
    value = count(match["low"], decimal)
    if code not in TIMES or value is None:
        return None
    comparator = comparator_of(match["comparator"]) if match["comparator"] else None
    if match["high"]:
        high = count(match["high"], decimal)
        return None if high is None or comparator else _between(value, high, unit, code)
    if bare == words and (match["comparator"] or "").casefold() in ("over", "über", "bis"):
        return None
    return Quantity(value, unit, code, comparator)


def count(written: str, decimal: str | None = None) -> Number | None:
    """A number in digits or in words."""
    found = WORDS.get(written.casefold())
    return number(written, decimal) if found is None else found


def _between(low: Number, high: Number, unit: str, code: str) -> Range | None:
    return Range(Quantity(low, unit, code), Quantity(high, unit, code)) if low < high else None
