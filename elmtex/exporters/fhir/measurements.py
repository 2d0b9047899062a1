"""A result as it is written, "Glucose 180 mg/dL (70-100)", read as name, number, unit and reference
range.

A changed number is the worst possible error here, so only whole texts of that one form are read,
and nothing is guessed: ``1,000`` and ``8.420`` are thousands in one language and decimals in the
other, ``120/80`` and ``3-5`` are two numbers, a number without a unit may be part of a name (``CA
125``). The libraries that read quantities from text guess (quantulum3 0.10: ``7,2 %`` is 7 and 2 %,
``120/80 mmHg`` 1.5, ``<5`` is 5); those that know UCUM (ucumvert 0.3, pint) know its own spelling
only, by which ``K/µl`` is kelvins and ``G/l`` gauss. Hence a list of the units laboratories write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# UCUM code: how it is written, in lower case with u for µ, without spaces; see _written.
_UNITS = {
    "%": "%",
    "g/dL": "g/dl",
    "g/L": "g/l",
    "mg/dL": "mg/dl mg%",
    "mg/L": "mg/l",
    "mg/g": "mg/g",
    "ug/dL": "ug/dl mcg/dl",
    "ug/L": "ug/l mcg/l",
    "ug/mL": "ug/ml mcg/ml",
    "ng/mL": "ng/ml",
    "ng/L": "ng/l",
    "ng/dL": "ng/dl",
    "pg/mL": "pg/ml",
    "mol/L": "mol/l",
    "mmol/L": "mmol/l",
    "umol/L": "umol/l",
    "nmol/L": "nmol/l",
    "pmol/L": "pmol/l",
    "mmol/mol": "mmol/mol",
    "meq/L": "meq/l",
    "[IU]/L": "iu/l",
    "[IU]/mL": "iu/ml",
    "m[IU]/L": "miu/l",
    "U/L": "u/l",
    "mU/L": "mu/l",
    "U/mL": "u/ml",
    "mosm/kg": "mosm/kg mosmol/kg",
    "10*3/uL": "10^3/ul x10^3/ul k/ul tsd/ul tsd./ul",
    "10*6/uL": "10^6/ul x10^6/ul mio/ul mio./ul",
    "10*9/L": "10^9/l x10^9/l",
    "10*12/L": "10^12/l x10^12/l",
    "/uL": "/ul",
    "/nL": "/nl",
    "/pL": "/pl",
    "/min": "/min bpm",
    "mL/min": "ml/min",
    "mL/min/{1.73_m2}": "ml/min/1.73m2 ml/min/1,73m2",
    "mm/h": "mm/h mm/hr",
    "mm[Hg]": "mmhg",
    "fL": "fl",
    "pg": "pg",
    "Cel": "°c",
    "[degF]": "°f",
    "kg": "kg",
    "kg/m2": "kg/m2",
    "cm": "cm",
    "mm": "mm",
    "s": "sec sek",
}
# Only the case differs: G/l is giga, g/l gram; T/l is tera.
_BY_CASE = {"G/l": "10*9/L", "G/L": "10*9/L", "T/l": "10*12/L", "T/L": "10*12/L"}
_UCUM = {written: code for code, all in _UNITS.items() for written in all.split()}
_PLAIN = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "^3", "⁶": "^6", "⁹": "^9", "×": "x"})
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
    value, ucum = _number(match["number"]), _code(unit)
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


def _number(written: str) -> float | None:
    """None where a separator may mean thousands or decimals, and for more digits than a float
    holds."""
    whole, _, part = written.replace(",", ".").partition(".")
    if (len(part) == 3 and whole != "0") or len(whole + part) > 15:
        return None
    if len(whole) > 1 and whole[0] == "0":  # a date's, a number's in a row
        return None
    return float(f"{whole}.{part}") if part else int(whole)


def _code(unit: str) -> str | None:
    plain = "".join(unit.split())
    if plain in _BY_CASE:
        return _BY_CASE[plain]
    if plain[:1] in "GT" and plain[1:2] == "/":
        return None
    return _UCUM.get(plain.translate(_PLAIN).casefold().replace("10*", "10^"))


def _bounds(written: str, ucum: str | None) -> tuple[float, float] | None:
    match = _RANGE.fullmatch(written.strip())
    if match is None or (match["unit"] and _code(match["unit"]) != ucum):
        return None
    low, high = _number(match["low"]), _number(match["high"])
    if low is None or high is None or low >= high or (_year(low) and _year(high)):
        return None
    return low, high


def _year(number: float) -> bool:
    return 1900 <= number <= 2100
