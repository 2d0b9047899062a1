"""A result as it is written, "Glucose 180 mg/dL (70-100)", read as name, number, unit and reference
range.

A changed number is the worst possible error here, so only whole texts of that one form are read,
and nothing is guessed: ``1,000`` and ``8.420`` are thousands in one language and decimals in the
other, ``120/80`` and ``3-5`` are two numbers, a number without a unit may be part of a name (``CA
125``). Numbers and units are read by :mod:`elmtex.values`, in a text of unknown language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from elmtex.text.result_line import behind
from elmtex.values import number, unit_code

_WITHOUT_UNIT = frozenset(("ph", "inr"))

_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
_RESULT = re.compile(
    r"(?P<name>[^\W\d_][^:=<>≤≥(){}\[\]]*?)"
    r"(?:\s*[:=]\s*|\s+(?:(?:was|is|of|at|betrug|beträgt|war|ist|von|bei)\s+)?)"
    rf"(?:(?P<comparator><=|>=|[<>≤≥])\s*)?(?P<number>{_NUMBER})"
    r"(?:\s*(?P<unit>(?![.,\d]|\s)[^()\[\]]{1,20}?|[x×]?\s?10[\^*]?[\d³⁶⁹]{1,2}\s?/\s?[µμu]?[lL]))?"
    r"(?:\s*[(\[](?P<range>[^()\[\]]{1,60})[)\]])?\s*[.,;]?"
)
_RANGE = re.compile(
    r"(?:(?:ref(?:erence|erenz)?(?:\s*(?:range|bereich))?|normal(?:\s*range)?|norm(?:bereich|wert)?|nr|rr)"
    r"\s*[.:]*\s*)?"
    rf"(?P<low>{_NUMBER})\s*(?:[-\u2013\u2014]|to|bis)\s*(?P<high>{_NUMBER})\s*(?P<unit>\D.*)?",
    re.IGNORECASE,
)
_BOUND = re.compile(rf"(?P<sign>[<>≤≥])=?\s*(?P<number>{_NUMBER})\s*(?P<unit>[^\d\s].*)?")
# No plain result: another number in the name ("CA 19-9"), and words by which the number is not the
# result itself.
_OTHER = re.compile(
    r"(?<![^\W_])\d+(?:[.,]\d+)?(?![^\W_])|[½¼¾/]|[~≈+\u2013\u2014\u2212-]\s*\Z|\A[a-z]\Z"
    r"|\b(?:from|to|by|than|over|under|above|below|least|most|up|about|approximately|ca|circa|around|mean|median|average"
    r"|range|target|goal|not|no|or|and|was|were|is|are|been|had|has|elevated|on|in|at|after|before|fell|rose|dropped|drop|reduced|increased?|decreased?"
    r"|more|less|higher|lower"
    r"|von|bis|um|auf|über|unter|mindestens|höchstens|etwa|rund|Mittel|Ziel|kein|keine|nicht|und|oder|statt|betrug|war"
    r"|ist|bei|nach|vor|sank|stieg|fiel|mehr|weniger)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A result.

    Args:
        name: what was measured, as written.
        value: the number.
        comparator: FHIR's ``<``, ``<=``, ``>`` or ``>=``; None when the number is meant.
        unit: as written; "" without one.
        ucum: the unit's code; None without a unit.
        range: the reference range as written; "" without one.
        low, high: its bounds.
    """

    name: str
    value: float
    comparator: str | None
    unit: str
    ucum: str | None
    range: str = ""
    low: float | None = None
    high: float | None = None


def measurement(text: str) -> Measurement | None:
    """The result that a text states; None unless that is certain."""
    match = _RESULT.fullmatch(text.strip())
    if match is None or _OTHER.search(match["name"]):
        return None
    name, unit = " ".join(match["name"].split()).rstrip(","), (match["unit"] or "").strip()
    value, ucum = number(match["number"]), _code(unit)
    if value is None or len(name) > 60 or (unit and ucum is None):
        return None
    if not unit and name.casefold() not in _WITHOUT_UNIT:
        return None
    comparator = (match["comparator"] or "").replace("≤", "<=").replace("≥", ">=") or None
    if match["range"] is None:
        return Measurement(name, value, comparator, unit, ucum)
    bounds = _bounds(match["range"], ucum)
    if bounds is None:
        return None
    return Measurement(name, value, comparator, unit, ucum, match["range"].strip(), *bounds)


# Behind a result: "H", "(L)", an arrow, a word.
_FLAGS = {
    "HH": r"hh|↑↑+|⇑⇑+",
    "LL": r"ll|↓↓+|⇓⇓+",
    "H": r"h|↑|⇑|high|elevated|raised|increased|hoch|erhöht(?:e[rnms]?)?",
    "L": r"l|↓|⇓|low|decreased|reduced|niedrig|erniedrigt(?:e[rnms]?)?|vermindert(?:e[rnms]?)?",
    "N": r"normal|within normal limits|wnl|im norm(?:bereich|alen)|normwertig|unauffällig",
    "POS": r"pos(?:itive?[rnms]?)?\.?",
    "NEG": r"neg(?:ative?[rnms]?)?\.?",
}
_FLAG = "|".join(f"(?P<{code}>{words})" for code, words in _FLAGS.items())
_FLAG_AT_END = re.compile(
    rf"\s{0, 5}(?:[(\[](?:{_FLAG})[)\]])\Z|\s{0, 5}[↑↓⇑⇓]{1, 5}\Z", re.IGNORECASE
)


def flagged(text: str, after: str = "") -> tuple[str, str | None]:
    """A result without its flag, and the flag as a code of HL7's ObservationInterpretation; None without one.

    Args:
        text: the result's words, or a flag alone.
        after: what follows them in the sentence.

    Examples:
        >>> flagged("CRP 212 mg/l (H)"), flagged("CRP 212 mg/l", " ↑, TSH"), flagged("positiv")[1]
        (('CRP 212 mg/l', 'H'), ('CRP 212 mg/l', 'H'), 'POS')
    """
    if match := re.fullmatch(_FLAG, text.strip(), re.IGNORECASE):
        return text, match.lastgroup
    if found := _FLAG_AT_END.search(text):
        return text[: found.start()], _flag_of(found[0].strip(" ()[]"))
    _, sign = behind(after, 0)
    return text, _flag_of(after[slice(*sign)]) if sign else None


def _flag_of(words: str) -> str | None:
    match = re.fullmatch(_FLAG, words, re.IGNORECASE)
    return match.lastgroup if match else None


def range_behind(after: str, ucum: str) -> dict[str, Any] | None:
    """FHIR's referenceRange of a range behind a result in its line; None where that is not certain.

    Args:
        after: what follows the result.
        ucum: the code of the result's unit; "" without one.
    """
    limits, _ = behind(after, 0)
    written = after[slice(*limits)] if limits else ""
    unit = {"system": "http://unitsofmeasure.org", "code": ucum} if ucum else {}
    if bound := _BOUND.fullmatch(written.strip()):
        value = number(bound["number"])
        if value is None or (bound["unit"] and _code(bound["unit"]) != (ucum or None)):
            return None
        side = "high" if bound["sign"] in "<≤" else "low"
        return {side: {"value": value} | unit, "text": written}
    bounds = _bounds(written, ucum or None)
    if bounds is None:
        return None
    low, high = ({"value": bound} | unit for bound in bounds)
    return {"low": low, "high": high, "text": written}


def _code(unit: str) -> str | None:
    # One letter is a name's rather than a unit: "Grade 3 D".
    code = None if len(unit) == 1 and unit.isalpha() else unit_code(unit)
    # Of a power of ten that no "/" follows, the number is read without it: "1.8 x 10^2 mg/dL".
    return None if code and re.match(r"10\*[0-9]+(?:\.|\Z)", code) else code


def _bounds(written: str, ucum: str | None) -> tuple[float, float] | None:
    match = _RANGE.fullmatch(written.strip())
    if match is None or (match["unit"] and _code(match["unit"]) != ucum):
        return None
    low, high = number(match["low"]), number(match["high"])
    if low is None or high is None or low >= high or (_year(low) and _year(high)):
        return None
    return low, high


def _year(number: float) -> bool:
    return 1900 <= number <= 2100
