"""Quantities: numbers, bounds, ranges, pairs and titres, with their units.

Only a whole text of a known form is read. The libraries that read quantities from text guess
(quantulum3 0.10: ``7,2 %`` is 7 and 2 %, ``120/80 mmHg`` 1.5, ``<5 mg/dl`` 5, ``3-5 mg`` 4).
"""

from __future__ import annotations

import re
from dataclasses import replace

from elmtex.values.data import Comparator, Number, Pair, Quantity, Range, Ratio
from elmtex.values.numerals import NUMBER, WORD, WORDS, number, plain
from elmtex.values.units import COUNTED, unit_code

COMPARATORS: dict[Comparator, str] = {
    "<=": r"<=|=<|≤|up to|at most|no(?:t)? more than|maximum|maximal|max\.?|höchstens|bis zu|bis",
    ">=": r">=|=>|≥|at least|no(?:t)? less than|minimum|mindestens|mind\.",
    "<": r"<|less than|fewer than|below|under|unter|weniger als|kleiner als",
    ">": r">|more than|greater than|above|over|exceeding|über|mehr als|größer als",
}
COMPARATOR = "|".join(COMPARATORS.values())
_UNIT = r"(?P<unit>(?![.,'\d])\D.{0,40}?)?"
_QUANTITY = re.compile(
    rf"(?:(?P<comparator>{COMPARATOR})\s*)?(?P<sign>[-−+])?(?P<number>{NUMBER})\s*{_UNIT}\s*",
    re.IGNORECASE,
)
_COUNT = re.compile(rf"(?P<number>{WORD})\s+(?P<unit>\w+\.?)", re.IGNORECASE)
TO = r"(?:\s*[–—]\s*|-|\s+-\s+|\s+(?:to|bis)\s+)"
_RANGE = re.compile(
    rf"(?P<low>{NUMBER})(?:\s*(?P<first>[^\d\s.,'–—-][^\d–—-]{{0,20}}?))?{TO}(?P<high>{NUMBER})\s*{_UNIT}\s*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"(?:between\s+(?P<low>{NUMBER})\s+and|zwischen\s+(?P<low2>{NUMBER})\s+und)\s+(?P<high>{NUMBER})\s*{_UNIT}\s*",
    re.IGNORECASE,
)
_PAIR = re.compile(rf"(?P<first>{NUMBER})\s?/\s?(?P<second>{NUMBER})\s*{_UNIT}\s*")
_RATIO = re.compile(r"1\s?:\s?(?P<denominator>[1-9][0-9]{0,6})")
_DECADE = re.compile(r".*[0-9]0s", re.DOTALL)  # "in the 120s"
_GRAVITY = re.compile(r"1[.,]0[0-9]{2}")  # of urine, whatever the language: 1.025


def quantity(text: str, decimal: str | None = None) -> Quantity | Range | Pair | Ratio | None:
    """What a text says as one or two numbers with a unit; None unless that is certain.

    Args:
        text: an attribute's words.
        decimal: as :func:`elmtex.values.numerals.number` takes it.

    Examples:
        >>> quantity("<5 mg/dl")
        Quantity(value=5, unit='mg/dl', code='mg/dL', comparator='<')
        >>> quantity("100.000/µl", ",").value
        100000
        >>> quantity("120/80 mmHg").second.value, quantity("7.35-7.45").low.value
        (80, 7.35)
        >>> quantity("about 5 mg") is None
        True
    """
    words = plain(text).rstrip(" ,;")
    if re.fullmatch(r".*[0-9]\.", words):
        words = words[:-1]
    if match := _RATIO.fullmatch(words):
        return Ratio(1, int(match["denominator"]))
    if match := _PAIR.fullmatch(words):
        return _pair(match, decimal)
    if match := _RANGE.fullmatch(words) or _BETWEEN.fullmatch(words):
        found = _range(match, decimal)
        if found is not None:
            return found
    if match := _QUANTITY.fullmatch(words):
        return None if _DECADE.fullmatch(words) else _single(match, decimal)
    if match := _COUNT.fullmatch(words):  # "two tablets"
        code = unit_code(match["unit"], counted=True)
        counted = code in COUNTED or code == "U"
        return (
            Quantity(WORDS[match["number"].casefold()], match["unit"], code or "")
            if counted
            else None
        )
    return None


def comparator_of(written: str) -> Comparator:
    """FHIR's comparator for a sign or words that ``COMPARATOR`` matches."""
    for comparator, pattern in COMPARATORS.items():
        if re.fullmatch(pattern, written, re.IGNORECASE):
            return comparator
    raise ValueError("no comparator")  # COMPARATOR is made of the same patterns


def _single(match: re.Match[str], decimal: str | None) -> Quantity | None:
    unit = _unit(match["unit"])
    value = _number(match["number"], decimal, unit)
    if unit is None or value is None:
        return None
    if match["sign"] in ("-", "−"):
        value = -value
    comparator = comparator_of(match["comparator"]) if match["comparator"] else None
    return Quantity(value, *unit, comparator)


def _range(match: re.Match[str], decimal: str | None) -> Range | None:
    named = match.groupdict()
    unit = _unit(match["unit"])
    low = _number(match["low"] or named["low2"], decimal, unit)
    high = _number(match["high"], decimal, unit)
    if unit is None or low is None or high is None or low >= high:
        return None
    first = named.get("first")
    if first and (same := _unit(first)) is not None and same[1] != unit[1]:
        return None
    if first and _unit(first) is None:
        return None
    return Range(Quantity(low, *unit), Quantity(high, *unit))


def _pair(match: re.Match[str], decimal: str | None) -> Quantity | Pair | None:
    unit = _unit(match["unit"])
    first, second = (_number(match[name], decimal, unit) for name in ("first", "second"))
    if (match["unit"] or "").startswith("/"):  # "92/55/22 micrograms" are three
        return None
    if unit is None or first is None or second is None:
        return None
    if unit[1] in COUNTED:  # "1/2 Tbl."
        half = (match["first"], match["second"]) in (("1", "2"), ("1", "4"), ("3", "4"))
        return Quantity(first / second, *unit) if half else None
    pressure = 60 <= first <= 300 and 20 <= second < first
    if not unit[1] and not (pressure and isinstance(first, int) and isinstance(second, int)):
        return None  # a score, a share, a date
    if second <= 8 and first < second and isinstance(second, int):
        return None  # "1/2 mg" may be a half
    one = Quantity(first, *unit)
    return Pair(one, replace(one, value=second))


def _number(written: str, decimal: str | None, unit: tuple[str, str] | None) -> Number | None:
    if unit == ("", ""):
        if (
            decimal == "."
            and "," in written
            and number(written) is not None
            and written.count(",") == 1
        ):
            return None  # "1,2" may be a list
        if decimal is not None and _GRAVITY.fullmatch(written) and decimal not in written:
            return None
    return number(written, decimal)


def _unit(written: str | None) -> tuple[str, str] | None:
    """The unit as written and its code; None when it is not known."""
    if written is None:
        return "", ""
    code = unit_code(written, counted=True)
    return None if code is None else (written.strip(), code)
