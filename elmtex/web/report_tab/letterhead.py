"""What the head of a report says about the report itself: its kind, its date, its patient; word for word, or nothing.

These are closed rules, not the model: a wrong date or another person's name on a filed page is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from elmtex.text.rows import GAP

TOP, END = 20, 6  # lines, blank ones aside, in which a head or a foot is looked for
LONGEST = 160  # characters of a line that is shown whole
HEADING = 10  # words

_MONTH = r"[A-Za-zÄä]{3,9}\.?"
_DATE = (
    r"(?:\d{1,2}\.\s?\d{1,2}\.\s?\d{4}|\d{4}-\d\d-\d\d|\d{1,2}[/-]\d{1,2}[/-]\d{4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?\s{_MONTH},?\s\d{{4}}|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}})"
)
_BIRTH = re.compile(
    r"\bgeb(?:\.|oren)|\*\s?\d|\bborn\b|\bd\.?o\.?b\b|\bdate of birth\b", re.IGNORECASE
)
_LABELLED = re.compile(
    rf"^(?:(?:report|letter|exam(?:ination)?)\s+date|date(?:\s+of\s+(?:report|letter|examination))?|dated"
    rf"|(?:berichts|brief|untersuchungs|befund)?datum|datum\s+der\s+untersuchung)\s*:?\s+({_DATE})",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"^(?:[A-ZÄÖÜ][\w .-]{{1,30}},\s*)?(?:den\s+|the\s+)?({_DATE})\.?$")
_LAST = re.compile(rf"({_DATE})$")
_KIND = re.compile(
    r"\b(?:letter|report|summary|note|consultation|referral|\w*brief|\w*bericht|\w*befund|epikrise)\b",
    re.IGNORECASE,
)
_GREETING = re.compile(r"dear\b|sehr\b|lieber?\b|thank\b", re.IGNORECASE)
_PATIENT = re.compile(
    r"^(?:patient(?:in)?(?:\s+name)?|name(?:\s+of\s+patient)?)\s*:\s*(\S.*)$", re.IGNORECASE
)
_PERSON = re.compile(
    rf"\b(?:Frau|Herrn?|Mr\.?|Mrs\.?|Ms\.?|[Pp]atient(?:in)?)\s[^\n]{{0,80}}?(?:geb\.|geboren|\*|born|DOB)[^\n]{{0,15}}?{_DATE}"
)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What was found, in the report's words, with commas between cells; "" for what the head does not say."""

    kind: str = ""
    date: str = ""
    patient: str = ""


def letterhead(report: str) -> Letterhead:
    """The head of a report.

    Examples:
        >>> letterhead("Entlassungsbrief\\nBerlin, den 03.04.2025\\nPatient: Max Muster, geb. 01.02.1950\\n")
        Letterhead(kind='Entlassungsbrief', date='03.04.2025', patient='Max Muster, geb. 01.02.1950')
    """
    lines = [line.strip(" \t#*_=-|") for line in report.splitlines()]
    lines = [line for line in lines if line]
    top = lines[:TOP]
    kind = next(filter(_is_title, top), "")
    date = next(_dates(top, lines[-END:], kind), "")
    return Letterhead(GAP.split(kind)[0], date, GAP.sub(", ", next(_patients(top), "")))


def _is_title(line: str) -> bool:
    short = len(line.split()) <= HEADING and not line.endswith((".", ",", ":"))
    other = _GREETING.match(line) or _LABELLED.match(line) or _PATIENT.match(line)
    return short and line[0].isupper() and not other and bool(_KIND.search(line))


def _dates(top: list[str], end: list[str], kind: str) -> Iterator[str]:
    for line in top:
        if match := _LABELLED.match(line) or _ALONE.match(line):
            yield match[1]
    for line in dict.fromkeys((kind, *top[:3])):
        short = len(line.split()) <= HEADING and not line.endswith(".")
        if short and not _BIRTH.search(line) and (match := _LAST.search(line)):
            yield match[1]
    for line in end:
        if match := _ALONE.match(line):
            yield match[1]


def _patients(top: list[str]) -> Iterator[str]:
    for line in top:
        if match := _PATIENT.match(line):
            yield match[1][:LONGEST]
    for line in top:
        if match := _PERSON.search(line):
            yield match[0]
        elif _BIRTH.search(line) and len(line) <= LONGEST:
            yield line
