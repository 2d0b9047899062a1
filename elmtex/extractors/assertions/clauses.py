"""The words around an item that may say whether it is there: its clause, its entry of a list, and the line that leads to that list."""

from __future__ import annotations

import re

from elmtex.text.normalisation import sentences
from elmtex.text.rows import line_of
from elmtex.types import Item

_CLAUSE = re.compile(r"[;!?](?=\s|\Z)|\n\s*\n")
NEAR = 200  # characters of a clause that are looked at on either side
_ENTRIES = 20  # lines of a list that are looked at
_ENTRY = re.compile(r"[ \t]*(?:[-*•+·>]|\(?\d{1,2}[.)]|\|)?[ \t]*")
NEGATION = re.compile(
    r"\b(?:no|not|nor|without|den(?:y|ies|ied)|never|negative|kein\w*|nicht|ohne|nie|verneint\w*|ausschlu\w+|weder)\b",
    re.IGNORECASE,
)
DONE = re.compile(
    r"\b(?:(?:was|were|had|has|have|done|performed|showed|revealed|completed|since|wurden?|erfolgte?n?|durchgeführt|ergab|zeigte)\b|"
    r"continue\w*|weiter\w*|fortg\w+|fortf\w+|am \d)",
    re.IGNORECASE,
)
# A clause in which a treatment or test was not wanted, or a result was not had
_REFUSED = re.compile(
    r"\blehn(?:t|te|ten|en)\b.*\bab\b|\bverweiger\w+|\babgelehnt\b|\bnicht (?:ge|er)wünscht\b",
    re.DOTALL,
)
_REFUSED_BEFORE = re.compile(
    r"\blehn\w+\b.*\bab\b|\babgelehnt\b|\bnicht (?:ge|er)wünscht\b", re.DOTALL
)


def words_before(start: int, report: str) -> str:
    """The clause's words before something."""
    text = report[max(0, start - NEAR) : start]
    spans = sentences(text + report[start : start + 1])  # what ends right before it is another one
    return _CLAUSE.split(text[spans[-1][0] :])[-1]


def words_after(end: int, report: str) -> str:
    text = report[end : end + NEAR]
    first = sentences(text)[:1]
    return _CLAUSE.split(text[: first[0][1]] if first else text)[0]


def clause_of(item: Item, report: str) -> str:
    assert item.start is not None and item.end is not None
    return words_before(item.start, report) + item.text + words_after(item.end, report)


def list_entry(start: int, report: str) -> tuple[int, int] | None:
    """The entry of a list that begins there, with the lines below it that are indented further; None where none begins."""
    first, last = line_of(report, start)
    if not _ENTRY.fullmatch(report, first, start):
        return None
    while last < len(report):
        begin, end = line_of(report, last + 1)
        if begin <= last or _indent(report[begin:end]) <= _indent(report[first : start + 1]):
            break
        last = end
    return first, last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def leading_line(start: int, report: str) -> str:
    """The line that leads to the list of an entry, "No evidence of:"; "" where there is none."""
    first, _ = line_of(report, start)
    for _ in range(_ENTRIES):
        if first == 0:
            break
        first, last = line_of(report, first - 1)
        line = report[first:last].strip()
        if not line or line.endswith(":"):
            return line
    return ""


def is_refused(item: Item, report: str) -> bool:
    """Whether a treatment or test was not wanted: „Eine Operation lehnte er ab“."""
    assert item.start is not None and item.end is not None
    words = words_before(item.start, report)
    closed = max((found.end() for found in _REFUSED_BEFORE.finditer(words)), default=0)
    return bool(_REFUSED.search(words[closed:] + item.text + words_after(item.end, report)))
