"""How often: "b.i.d.", "alle 8 Stunden", "1-0-1", "bei Bedarf", as FHIR's Timing.repeat."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from elmtex.values.data import Number, Timing
from elmtex.values.durations import count, duration
from elmtex.values.numerals import NUMBER, WORD, plain
from elmtex.values.quantities import TO
from elmtex.values.units import unit_code

Said = Mapping[str, Any]  # fields of a Timing
SCHEME = ("MORN", "NOON", "EVE", "NIGHT")

_N = rf"(?:{NUMBER}|{WORD})"
_UNIT = r"(?P<unit>[a-zäöü]+)\.?"
_AMOUNT = rf"(?:[0-9]/[0-9]|{NUMBER}|0)"
_ADVERBS = {
    **{
        "hourly": (1, "h"),
        "stündlich": (1, "h"),
        "daily": (1, "d"),
        "täglich": (1, "d"),
        "tgl": (1, "d"),
    },
    **{
        "weekly": (1, "wk"),
        "wöchentlich": (1, "wk"),
        "wöchentl": (1, "wk"),
        "fortnightly": (2, "wk"),
    },
    **{
        "monthly": (1, "mo"),
        "monatlich": (1, "mo"),
        "yearly": (1, "a"),
        "annually": (1, "a"),
        "jährlich": (1, "a"),
    },
}
_TIMES = {"once": 1, "twice": 2, "thrice": 3, "single": 1}
_LATIN = {
    "od": 1, "qd": 1, "bid": 2, "bd": 2, "tid": 3, "tds": 3, "qid": 4, "qds": 4,
}  # fmt: skip
_WHEN = {
    "MORN": r"in the mornings?|(?:once )?(?:each|every) morning|mornings|mane|qam|am morgen|morgens|früh",
    "NOON": r"at noon|at midday|mittags|am mittag",
    "AFT": r"in the afternoons?|nachmittags",
    "EVE": r"in the evenings?|(?:once )?(?:each|every) evening|evenings|qpm|am abend|abends",
    "NIGHT": r"at night|nightly|nocte|(?:once )?(?:each|every) night|zur nacht|nachts",
    "HS": r"at bedtime|before bed(?:time)?|q?hs|vor dem schlafengehen|vor dem schlafen",
    "AC": r"before meals|ac|vor den mahlzeiten|vor dem essen",
    "C": r"with meals|with food|zu den mahlzeiten|zum essen",
    "PC": r"after meals|pc|nach den mahlzeiten|nach dem essen",
    "ACM": r"before breakfast|vor dem frühstück",
    "CM": r"with breakfast|zum frühstück",
    "PCM": r"after breakfast|nach dem frühstück",
    "PCV": r"after dinner|after supper|nach dem abendessen",
    "CV": r"with dinner|with supper|zum abendessen",
}
_DAYS = {
    "mon": "mondays?|montags?|mo|mon", "tue": "tuesdays?|dienstags?|di|tue", "wed": "wednesdays?|mittwochs?|mi|wed",
    "thu": "thursdays?|donnerstags?|do|thu", "fri": "fridays?|freitags?|fr|fri", "sat": "saturdays?|samstags?|sa|sat",
    "sun": "sundays?|sonntags?|so|sun",
}  # fmt: skip
_DAY = "|".join(_DAYS.values())
_AS_NEEDED = (
    r"prn|p\.r\.n\.|as needed|as required|when needed|when required|if needed|if required"
    r"|bei bedarf|b\. ?b(?:ed)?\.|i\. ?b\.|z\. ?n\."
)


def timing(text: str, decimal: str | None = None) -> Timing | None:
    """How often a text says; None unless every word of it is understood.

    Args:
        text: an attribute's words.
        decimal: as :func:`elmtex.values.numerals.number` takes it.

    Examples:
        >>> timing("t.i.d.").to_dict()["repeat"]
        {'frequency': 3, 'period': 1, 'periodUnit': 'd'}
        >>> found = timing("1-0-½")
        >>> found.when, found.amounts
        (('MORN', 'EVE'), (1, 0.5))
        >>> timing("often") is None
        True
    """
    left = plain(text).strip(" ,;")
    found = Timing()
    while left:
        part = _first(left, decimal)
        if part is None:
            return None
        said, length = part
        merged = _merged(found, said)
        if merged is None:
            return None
        found, left = merged, left[length:].lstrip(" ,;(").rstrip(")")
    return _completed(found)


def _first(left: str, decimal: str | None) -> tuple[Said, int] | None:
    """What the longest understood beginning of a text says, and its length."""
    best: tuple[Said, int] | None = None
    for pattern, read in _PHRASES:
        match = pattern.match(left)
        if match is None or (best is not None and match.end() <= best[1]):
            continue
        said = read(match, decimal)
        if said is not None:
            best = said, match.end()
    return best


def _merged(found: Timing, said: Said) -> Timing | None:
    """Both together; None where they contradict each other."""
    said = dict(said)
    for name in ("when", "days"):
        said[name] = getattr(found, name) + said.get(name, ())
    if found.amounts and said["when"] != found.when:
        return None
    blank = Timing()
    for field in fields(Timing):
        new, old = said.get(field.name), getattr(found, field.name)
        if new is None or field.name in ("when", "days") or old == getattr(blank, field.name):
            continue
        if new != old:
            return None
    return replace(found, **said)


def _completed(found: Timing) -> Timing | None:
    """With the frequency that times of the day and days of the week say; None for nothing said."""
    if found == Timing():
        return None
    if len(set(found.when)) < len(found.when) or (found.when and found.days):
        return (
            None
            if len(set(found.when)) < len(found.when) or len(found.when) > 1
            else _weekly(found)
        )
    if found.days:
        return _weekly(found)
    if found.when and found.period is None:
        meals = any(code in ("AC", "C", "PC") for code in found.when)
        if meals:
            return found
        return replace(found, frequency=len(found.when), period=1, period_unit="d")
    if found.when and (found.period, found.period_unit) == (1, "d"):
        bedtimes = not any(code in ("AC", "C", "PC") for code in found.when)
        return None if bedtimes and found.frequency not in (None, len(found.when)) else found
    return found if not found.when or found.period_unit == "d" else None


def _weekly(found: Timing) -> Timing | None:
    said = (found.frequency, found.period, found.period_unit)
    if said not in ((None, None, None), (len(found.days), 1, "wk")):
        return None
    return replace(found, frequency=len(found.days), period=1, period_unit="wk")


def _scheme(match: re.Match[str], decimal: str | None) -> Said | None:
    """ "1-0-1": the amounts of morning, noon, evening and night."""
    amounts = [_amount(written, decimal) for written in re.split(r" ?[-–—] ?", match[0])]
    if None in amounts or not any(amounts):
        return None
    taken = [(code, n) for code, n in zip(SCHEME, amounts, strict=False) if n]
    when = tuple(code for code, _ in taken)
    said = {"frequency": len(taken), "period": 1, "period_unit": "d"}
    return said | {"when": when, "amounts": tuple(n for _, n in taken)}


def _amount(written: str, decimal: str | None) -> Number | None:
    if "/" in written:
        return {"1/2": 0.5, "1/4": 0.25, "3/4": 0.75}.get(written)
    found = count(written, decimal)
    return found if found is not None and found <= 100 else None


def _often(match: re.Match[str], decimal: str | None) -> Said | None:
    """ "3 times a day", "bis zu 3x/d", "8–10x täglich", "zweimal"."""
    said = match.groupdict()
    low = _TIMES.get((said["low"] or "").casefold()) or _whole(said["low"])
    high = _whole(said["high"]) if said.get("high") else None
    if low is None or (said.get("high") and (high is None or high <= low)):
        return None
    period = _period(said.get("per"), said.get("adverb"))
    if period is None:
        return None
    if said.get("bound"):
        return None if high else {"frequency_max": low, **period}
    return {"frequency": low, **period} | ({"frequency_max": high} if high else {})


def _whole(written: str | None) -> int | None:
    found = count(written) if written else None
    return found if isinstance(found, int) and 0 < found <= 100 else None


def _period(unit: str | None, adverb: str | None) -> dict[str, Any] | None:
    if adverb:
        period, code = _ADVERBS[adverb.casefold().rstrip(".")]
        return {"period": period, "period_unit": code}
    code = unit_code(unit or "") or ""
    return {"period": 1, "period_unit": code} if code in ("h", "d", "wk", "mo", "a") else None


def _every(match: re.Match[str], decimal: str | None) -> Said | None:
    """ "every 8 hours", "q4-6h", "alle 2 Wochen", "6-hourly"."""
    said = match.groupdict()
    low = count(said["low"], decimal) if said.get("low") else 1
    high = count(said["high"], decimal) if said.get("high") else None
    unit = said["unit"]
    code = _ADVERBS[unit.casefold()][1] if unit.casefold() in _ADVERBS else unit_code(unit)
    if (
        not low
        or code not in ("min", "h", "d", "wk", "mo", "a")
        or (high is not None and high <= low)
    ):
        return None
    every = {"period": low, "period_unit": code} | ({"period_max": high} if high else {})
    return every | {"frequency_max" if said.get("bound") else "frequency": 1}


def _adverb(match: re.Match[str], decimal: str | None) -> Said | None:
    period = _period(None, match[0])
    return None if period is None else {"frequency": 1, **period}


def _bounds(match: re.Match[str], decimal: str | None) -> Said | None:
    found = duration(match[0], decimal)
    return None if found is None else {"bounds": found}


def _days(match: re.Match[str], decimal: str | None) -> Said | None:
    found = []
    for written in re.split(r"\s*(?:[/,+&]|\band\b|\bund\b)\s*", match["days"]):
        for code, pattern in _DAYS.items():
            if re.fullmatch(rf"(?:{pattern})\.?", written, re.IGNORECASE):
                found.append(code)
    return {"days": tuple(found)}


def _always(**said: Any) -> Callable[[re.Match[str], str | None], Said | None]:
    return lambda match, decimal: said


_BOUND = r"(?P<bound>up to|at most|max\.?|maximal|höchstens|bis zu|bis)"
_ADVERB = "|".join(rf"{word}\.?" for word in sorted(_ADVERBS, key=len, reverse=True))
_PER = rf"(?:\s*(?:/|\b(?:a|an|per|each|every|pro|am|im|in der)\b)\s*(?P<per>[a-zäöü]+)\.?|\s*(?P<adverb>{_ADVERB}))"
_SOURCES: list[tuple[str, Callable[[re.Match[str], str | None], Said | None]]] = [
    (rf"{_AMOUNT}(?: ?[-–—] ?{_AMOUNT}){{2,3}}(?![-–—.,/\w])", _scheme),
    (rf"(?:{_BOUND}\s+)?(?P<low>once|twice|thrice)\s*{_PER}", _often),
    (rf"(?:1\s?[x×]|einmal|once)(?=\s+(?:{'|'.join(_WHEN.values())})\b)", _always(frequency=1, period=1, period_unit="d")),
    (
        rf"(?:{_BOUND}\s*)?(?P<low>{_N})(?:{TO}(?P<high>{_N}))?\s*(?:x|×|times|-?mal|-?fach)\s*{_PER}",
        _often,
    ),
    (rf"(?:every|alle|q)\s*(?P<low>{_N})(?:{TO}(?P<high>{_N}))?\s*{_UNIT}", _every),
    (rf"(?:{_BOUND})\s+(?:every|alle)\s+(?P<low>{_N})\s*{_UNIT}", _every),
    (r"(?:every|each|pro|per|jede[nrs]?)\s+(?P<unit>hour|day|week|month|year|stunde|tag|woche|monat|jahr)", _every),
    (rf"(?P<low>{_N})(?:{TO}(?P<high>{_N}))?-(?P<unit>hourly|weekly|monthly|stündlich)", _every),
    (rf"(?:{_ADVERB})", _adverb),
    (r"every other day|(?:on )?alternate days|on alternate days|every second day|jeden (?:2\.|zweiten) tag|qod|q\.o\.d\.",
     _always(frequency=1, period=2, period_unit="d")),
    (r"every other week|every second week|jede (?:2\.|zweite) woche", _always(frequency=1, period=2, period_unit="wk")),
    (rf"(?:on\s+|jeden\s+)?(?P<days>(?:{_DAY})\.?(?:\s*(?:[/,+&]|and|und)\s*(?:{_DAY})\.?)*)", _days),
    (r"m/?w/?f", _always(days=("mon", "wed", "fri"))),
    (rf"(?:{_AS_NEEDED})", _always(as_needed=True)),
    (r"once|stat|single (?:dose|occasion)|als einmalgabe|einmalig|einzige gabe|einmal", _always(count=1)),
    (r"(?:for|für)\s+[^,;()]+|[1-9][0-9]?/(?:7|52|12)(?![0-9])", _bounds),
]  # fmt: skip
_SOURCES += [(pattern, _always(when=(code,))) for code, pattern in _WHEN.items()]
_SOURCES += [
    (r"\.?".join(word) + r"\.?", _always(frequency=n, period=1, period_unit="d"))
    for word, n in _LATIN.items()
]
_SOURCES += [(r"q\.h\.s\.", _always(when=("HS",))), (r"q\.a\.m\.", _always(when=("MORN",)))]
_PHRASES = [
    (re.compile(rf"(?:{source})(?![^\W_])", re.IGNORECASE), read) for source, read in _SOURCES
]
