"""Absolute dates; relative ones ("three days later", "12.05.") are none."""

from __future__ import annotations

import datetime
import re

from elmtex.values.data import Date
from elmtex.values.numerals import plain

FIRST, LAST = 1850, 2150  # years; another number of four digits is no year

_MONTHS = (
    "january jan januar jänner",
    "february feb februar feber",
    "march mar märz mär mrz maerz",
    "april apr",
    "may mai",
    "june jun juni",
    "july jul juli",
    "august aug",
    "september sep sept",
    "october oct oktober okt",
    "november nov",
    "december dec dezember dez",
)
_NUMBER = {word: n for n, words in enumerate(_MONTHS, 1) for word in words.split()}
_MONTH = rf"(?P<month>{'|'.join(sorted(_NUMBER, key=len, reverse=True))})\.?"
_YEAR = r"(?P<year>[12][0-9]{3})"
_DAY = r"(?P<day>0?[1-9]|[12][0-9]|3[01])"
# No "before", "until" or "vor": what they date is another day.
_BEFORE = re.compile(
    r"(?:(?:in|on|since|from|as of|dated|seit|am|im|vom|ab|den|dem)\s+)*(?:(?:the\s+)?year(?:\s+of)?\s+|jahre?\s+|of\s+)?",
    re.IGNORECASE,
)
_NAMED = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_DAY}(?:st|nd|rd|th|\.)?(?:\s+of)?[\s-]*{_MONTH}[\s,-]*{_YEAR}",
        rf"{_MONTH}\s*{_DAY}(?:st|nd|rd|th)?\s*,?\s+{_YEAR}",
        rf"{_MONTH}(?:\s+of)?[\s,-]+{_YEAR}",
        rf"{_YEAR}-(?P<number>0[1-9]|1[0-2])-{_DAY}",
        rf"{_YEAR}/(?P<number>0[1-9]|1[0-2])/{_DAY}",
        rf"{_DAY}\.\s?(?P<number>0?[1-9]|1[0-2])\.\s?{_YEAR}",
        rf"(?P<number>0?[1-9]|1[0-2])/{_YEAR}",
        rf"{_YEAR}-(?P<number>0[1-9]|1[0-2])",
        rf"{_YEAR}",
    )
]
_EITHER = re.compile(rf"(?P<one>[0-9]{{1,2}})(?P<sign>[/-])(?P<other>[0-9]{{1,2}})(?P=sign){_YEAR}")


def date(text: str, decimal: str | None = None) -> Date | None:
    """The date that a text says; None unless it is absolute and certain.

    ``03/12/2020`` may be in March or in December; with dots it is day, month, year.

    Args:
        text: an attribute's words.
        decimal: not needed; every normaliser takes it.

    Examples:
        >>> date("12 March 2021").date, date("03.12.2020").date, date("seit 2012").precision
        ('2021-03-12', '2020-12-03', 'year')
        >>> date("03/12/2020") is date("12.05.") is date("until 2014") is None
        True
    """
    words = plain(text).strip(" ,;")
    bare = words[_BEFORE.match(words).end() :]  # type: ignore[union-attr]  # it matches nothing, too
    if match := _EITHER.fullmatch(bare):
        one, other = int(match["one"]), int(match["other"])
        if one <= 12 and other <= 12 and one != other:
            return None
        day, month = (one, other) if other <= 12 else (other, one)
        return _date(int(match["year"]), month, day)
    for pattern in _NAMED:
        if match := pattern.fullmatch(bare):
            said = match.groupdict()
            named = said.get("month")
            month = _NUMBER[named.casefold()] if named else int(said.get("number") or 0)
            return _date(
                int(said["year"]), month or None, int(said["day"]) if said.get("day") else None
            )
    return None


def _date(year: int, month: int | None, day: int | None) -> Date | None:
    if not FIRST <= year <= LAST:
        return None
    try:
        first = datetime.date(year, month or 1, day or 1)
    except ValueError:  # 30 February
        return None
    return Date(first.isoformat()[: 10 if day else 7 if month else 4])
