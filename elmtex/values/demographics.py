"""Which words can be an age, or a gender: closed lists, so that no name and no date of birth is taken for one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from elmtex.values.data import Quantity

_WORD = re.compile(r"[^\W\d_]+")
_GENDER = frozenset(
    "man men woman women male female boy girl lady gentleman gent transman transwoman transgender nonbinary "
    "m f w d mother father son daughter brother sister husband wife widow widower housewife "
    "schoolboy schoolgirl primipara primigravida multipara multigravida "
    "mann männer frau frauen mannes herr herrn dame junge jungen knabe knaben mädchen divers "
    "mutter vater sohn tochter bruder schwester ehemann ehefrau witwe witwer hausfrau".split()
)
_RELATIVES = frozenset(
    "mother father son daughter brother sister husband wife mutter vater sohn tochter bruder schwester ehemann ehefrau "
    "grandmother grandfather aunt uncle großmutter großvater tante onkel".split()
)
_GENDER_STEMS = ("männl", "maennl", "weibl", "patient", "schüler", "rentner")

_GENDERS: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "male": (
        frozenset(
            "man men male boy gentleman gent m father son brother husband widower schoolboy mann männer mannes herr herrn "
            "junge jungen knabe knaben vater sohn bruder ehemann witwer rentner schüler".split()
        ),
        ("männl", "maennl"),
    ),
    "female": (
        frozenset(
            "woman women female girl lady f w mother daughter sister wife widow housewife schoolgirl primipara primigravida "
            "multipara multigravida frau frauen dame mädchen mutter tochter schwester ehefrau witwe hausfrau".split()
        ),
        ("weibl", "patientin", "rentnerin", "schülerin"),
    ),
    "other": (frozenset(("divers",)), ("nonbinary",)),
}

_AGED_IN = {
    **{"a": "y(?:ea)?rs?|yo|y/o|j", "mo": "mo(?:nth|nat|\\b)", "wk": "w", "d": "d(?:ay|\\b)|tag"}
}
_AGED = re.compile(
    r"(?P<number>[0-9]{1,3})[\s-]*(?P<unit>years?|yrs?|y/?o|year|jähr\w*|jahre?n?|j(?=\b|\.)|months?|mo\b|monate?n?|weeks?|wochen?"
    r"|days?|tagen?|tage?)",
    re.IGNORECASE,
)
_OLD = re.compile(r"[ -](?:old|alt(?:e[nrsm]?)?)\b", re.IGNORECASE)
_DATE = re.compile(
    r"\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,4}|(?<!\d)(?:19|20)\d\d(?!\d)|\b(?:born|dob|geb)\b|\*\s?\d",
    re.IGNORECASE,
)
_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    "nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|"
    "zwölf|zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig"
)
_UNITS = "year|month|week|day|decade|jahr|jähr|monat|woche|tag"
_AGE = re.compile(
    rf"\d|\b(?:{_NUMBERS})\w*\b.*(?:{_UNITS})|\b(?:{_NUMBERS})\w*(?:{_UNITS})"
    r"|\b(?:young|elderly|newborn|neonate|infant|toddler|child|adolescent|teenage|adult|middle.aged|octogenarian|nonagenarian"
    r"|neugeboren|säugling|kind|jugendlich|erwachsen|jung|älter|hochbetagt)",
    re.IGNORECASE,
)
_DAYS = re.compile(r"\d+")
_LONGEST = 150  # of anything that ages are counted in


def is_gender(words: str) -> bool:
    """Whether words tell a gender: "48-year-old woman", "männl.", "Patientin"; not "Max Mustermann"."""
    found = _WORD.findall(words.lower())
    if max(map(len, found), default=0) > 2:  # beside a name a letter is an initial
        found = [word for word in found if len(word) > 1]
    return any(word in _GENDER or word.startswith(_GENDER_STEMS) for word in found)


def is_age(words: str) -> bool:
    """Whether words tell an age: "74 J.", "nine weeks", "young"; not "03.12.1950"."""
    if _DATE.search(words) or not _AGE.search(words):
        return False
    return all(int(number[:6]) <= _LONGEST for number in _DAYS.findall(words))


def age_of(words: str) -> Quantity | None:
    """The one age that words tell, with its unit in UCUM; None for none, several, or one without a number.

    Examples:
        >>> age_of("81-jährige"), age_of("3-month-old").code, age_of("74 J.").value, age_of("in his fifties")
        (Quantity(value=81, unit='jährige', code='a', comparator=None), 'mo', 74, None)
    """
    found = list(_AGED.finditer(words))
    if len(found) != 1 or len(_DAYS.findall(words)) != 1 or not is_age(words):
        return None
    code = next(c for c, stem in _AGED_IN.items() if re.match(stem, found[0]["unit"], re.I))
    return Quantity(int(found[0]["number"]), found[0]["unit"], code)


def age_end(text: str, start: int) -> int | None:
    """Where the age ends whose number begins at ``start`` of a text; None where no unit stands behind it in its line.

    Examples:
        >>> "72 y/o F"[:age_end("72 y/o F", 0)], age_end("72 mg", 0)
        ('72 y/o', None)
    """
    found = _AGED.match(text, start)
    if found is None or "\n" in found[0]:
        return None
    old = _OLD.match(text, found.end())
    return old.end() if old else found.end()


def is_relative(word: str) -> bool:
    """Whether a word that tells a gender is a relative's: "mother", „Ehemann“; not "lady"."""
    return word.lower() in _RELATIVES


def gender_of(words: str) -> str | None:
    """FHIR's administrative gender that words tell: ``male``, ``female`` or ``other``; None where they tell none, or
    two.

    Examples:
        >>> gender_of("72-year-old woman"), gender_of("Patientin"), gender_of("patient")
        ('female', 'female', None)
    """
    if not is_gender(words):
        return None
    said = {
        gender
        for word in _WORD.findall(words.lower())
        for gender, (exact, stems) in _GENDERS.items()
        if word in exact or word.startswith(stems)
    }
    return said.pop() if len(said) == 1 else None


# What ``x-only`` of a category may be.
ONLY: Mapping[str, Callable[[str], bool]] = {"age": is_age, "gender": is_gender}
