"""Units as clinical texts write them, and their UCUM codes.

No library reads these spellings: those that know UCUM (ucumvert, pint) know its own spelling only,
by which ``K/µl`` is kelvins and ``G/l`` gauss. Hence a list of what is written, composed by "/"; the
tests hold every code to UCUM's grammar by ucumvert.
"""

from __future__ import annotations

import re

# UCUM code: how it is written, in lower case with u for µ and without dots; see _written.
PARTS = {
    **{"kg": "kg", "g": "g gm gram grams gramm", "ng": "ng", "pg": "pg"},
    **{"mg": "mg milligram milligrams milligramm", "ug": "ug mcg microgram micrograms mikrogramm"},
    **{
        "L": "l liter liters litre litres",
        "dL": "dl",
        "mL": "ml milliliter milliliters millilitres",
    },
    **{
        "uL": "ul",
        "nL": "nl",
        "pL": "pl",
        "fL": "fl",
        "mm3": "mm^3 mm3 cumm",
        "cm3": "cm^3 cm3 cc",
    },
    **{"m": "m", "cm": "cm", "mm": "mm", "um": "um", "nm": "nm", "m2": "m^2 m2", "cm2": "cm^2 cm2"},
    **{"mol": "mol", "mmol": "mmol", "umol": "umol", "nmol": "nmol", "pmol": "pmol"},
    **{"meq": "meq mval", "mosm": "mosm mosmol"},
    **{"[IU]": "iu ie ui", "m[IU]": "miu mie", "u[IU]": "uiu", "U": "u unit units", "mU": "mu"},
    **{"mm[Hg]": "mmhg", "cm[H2O]": "cmh2o", "kPa": "kpa", "mbar": "mbar"},
    **{"Cel": "°c ℃", "[degF]": "°f", "deg": "°", "%": "% percent prozent", "[ppth]": "‰"},
    **{
        "kcal": "kcal",
        "kJ": "kj",
        "Gy": "gy",
        "cGy": "cgy",
        "MBq": "mbq",
        "GBq": "gbq",
        "mSv": "msv",
    },
    **{"Hz": "hz", "dB": "db", "mV": "mv", "[diop]": "dpt", "kU": "ku"},
    **{"{copies}": "copies kopien", "{cells}": "cells zellen", "[CFU]": "cfu kbe", "[HPF]": "hpf"},
}
TIMES = {
    "s": "s sec secs second seconds sek sekunde sekunden",
    "ms": "ms msec millisecond milliseconds",
    "min": "min mins minute minutes minuten",
    "h": "h hr hrs hour hours std stunde stunden",
    "d": "d day days tag tage tagen die",
    "wk": "wk wks week weeks woche wochen wo",
    "mo": "mo month months monat monate monaten mon mth mths",
    "a": "yr yrs year years jahr jahre jahren",
}
# What is counted. Not read as the unit of a result: "Patient 2 tablets".
COUNTED = {
    "{tbl}": "tablet tablets tab tabs tbl tabl tabletten tablette",
    "{capsule}": "capsule capsules cap caps kps kapsel kapseln",
    "[drp]": "drop drops gtt tr tropfen trpf",
    "{puff}": "puff puffs hub hübe",
    "{sachet}": "sachet sachets beutel btl",
    "{patch}": "patch patches pflaster",
    "{ampule}": "ampoule ampoules ampule ampules amp ampulle ampullen",
    "{suppository}": "suppository suppositories supp zäpfchen",
    "{spray}": "spray sprays sprühstoss sprühstösse",
    "{vial}": "vial vials",
}
# Only the case differs, or lower case would mean something else: G/l is giga, g/l gram.
BY_CASE = {
    "G/l": "10*9/L",
    "G/L": "10*9/L",
    "Gpt/l": "10*9/L",
    "T/l": "10*12/L",
    "T/L": "10*12/L",
} | {
    **{"C": "Cel", "F": "[degF]", "D": "[diop]", "E": "U", "E/l": "U/L", "E/L": "U/L"},
    **{"HE": "[hnsf'U]", "HU": "[hnsf'U]", "nM": "nmol/L", "pM": "pmol/L", "mM": "mmol/L"},
    **dict.fromkeys(("uM", "µM", "μM"), "umol/L"),
}
# Milli or mega, molar or metre: "6 MV" is no millivolt, "11 nM/h" no nanometre.
_EITHER = re.compile(
    r"(?:\A|[/\d])(?:M(?:U|IU|IE|V|S|H[zZ])|[NP]M|[a-zµμ]M)(?=/|\Z)|\A[A-Z](?=/|\Z)"
)
WHOLE = {
    "mg/dL": "mg%",
    "/min": "bpm beats/min beats/minute breaths/min breaths/minute schläge/min atemzüge/min",
    "mL/min/{1.73_m2}": "ml/min/1.73m^2 ml/min/1,73m^2 ml/min/1.73m2 ml/min/1,73m2",
}


def _spellings(*tables: dict[str, str]) -> dict[str, str]:
    return {
        written: code for table in tables for code, all in table.items() for written in all.split()
    }


_PARTS = _spellings(PARTS, TIMES)
_COUNTED = _spellings(COUNTED)
_WHOLE = _spellings(WHOLE)
_LETTERS = str.maketrans({"µ": "u", "μ": "u", "×": "x", "*": "^"})
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_PER = re.compile(r"\s*/\s*|\s+(?:per|pro)\s+|\A(?:per|pro)\s+", re.IGNORECASE)
# What the kilograms and the square metres are those of says nothing new.
_OF_BODY = re.compile(
    r"(?<=kg)(?:kg|kgw|kof|bw|bodyweight)|(?<=m\^2|.m2)(?:kof|bsa|bodysurfacearea)"
)
_POWER = re.compile(
    r"(?:x?10\^(?P<power>[1-9][0-9]?)|(?P<million>mio|million|millionen|millions)|(?P<thousand>tsd|k(?=/)))"
)
_COUNTED_PER = frozenset(("min", "h", "d", "mL", "dL", "L", "uL", "[HPF]"))
_TIMES_OF = re.compile(r"(?P<count>[1-9][0-9]{0,2})(?P<part>[a-z]+)")


def unit_code(written: str, counted: bool = False) -> str | None:
    """The UCUM code of a unit; None when it is not certain.

    Args:
        written: the unit as written, with what it is per and a power of ten before it.
        counted: tablets, drops and the like are units, too.

    Examples:
        >>> unit_code("mg/kg/day"), unit_code("x10⁹/L"), unit_code("G/l"), unit_code("Mio IE")
        ('mg/kg/d', '10*9/L', '10*9/L', '10*6.[IU]')
        >>> unit_code("µg"), unit_code("mg pro 24 h"), unit_code("Tbl.", counted=True)
        ('ug', 'mg/(24.h)', '{tbl}')
        >>> unit_code("G") is unit_code("M/l") is None
        True
    """
    bare = "".join(_PER.sub("/", written.strip()).split())
    if bare in BY_CASE:
        return BY_CASE[bare]
    if bare[:1] not in ("K", "L", "U") and _EITHER.search(bare):
        return None
    plain = re.sub(r"[⁰¹²³⁴-⁹]+", lambda raised: "^" + raised[0].translate(_RAISED), bare)
    plain = _without_dots(plain.translate(_LETTERS).casefold())
    if plain in _WHOLE:
        return _WHOLE[plain]
    power = _POWER.match(plain)
    if power is None:
        return _composed(plain, counted)
    exponent = power["power"] or ("6" if power["million"] else "3")
    rest = plain[power.end() :]
    if not rest:
        return f"10*{exponent}"
    code = _composed(rest, counted)
    if code is None:
        return None
    return f"10*{exponent}{code}" if code[0] == "/" else f"10*{exponent}.{code}"


def _without_dots(plain: str) -> str:
    """Without the dots of abbreviations: "i.e.", "tbl."."""
    return re.sub(r"(?<=[^\W\d])\.", "", plain)


def _composed(plain: str, counted: bool) -> str | None:
    first, *per = _OF_BODY.sub("", plain).split("/")
    if not first and not per:
        return None
    codes = [_PARTS.get(first) or (_COUNTED.get(first) if counted else None) if first else ""]
    for part in per:
        times = _TIMES_OF.fullmatch(part)
        code = _PARTS.get(times["part"] if times else part)
        if times and code not in _COUNTED_PER:  # "1000 mg/880 IE" are two doses
            return None
        codes.append(f"({times['count']}.{code})" if times else code)
    return None if None in codes else "/".join(map(str, codes))
