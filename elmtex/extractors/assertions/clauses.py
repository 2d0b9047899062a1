"""The words around an item that may say whether it is there: its clause, its entry of a list, and the line that leads to that list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from elmtex.text.normalisation import sentences
from elmtex.text.rows import line_of
from elmtex.types import Item

# Between the entries of a list in one line
_INLINE_MARK = re.compile(r"(?<=\S)[ \t](?:[*•·]|//|>>)[ \t](?=\S)")
_CLAUSE = re.compile(rf"[;!?](?=\s|\Z)|\n\s*\n|{_INLINE_MARK.pattern}")
_BREAK = re.compile(r"[\r\n]")
PART = re.compile(r"[,;\n]")  # what parts of a clause end with
NEAR = 200  # characters of a clause that are looked at on either side
_ENTRIES = 20  # lines of a list that are looked at
_CAPITALS = re.compile(r"[A-ZÄÖÜ ]{4,30}")  # "STOPPED"
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
DOSE = r"(?: \d[\w.,/ -]{0,30})?"  # which may follow a drug's name
# Before a treatment or test that was tried, in vain: "failed conservative management", „frustrane Therapie mit Pregabalin“
_FAILED = re.compile(
    r"(?:\b(?:(?:not|n['’]t) respond(?:ing|ed)?|un(?:responsive|relieved)|no response) (?:to|by) (?:(?:an?|his|her|the) )?"
    r"|\b(?:sprach(?:en)?|spricht|sprechen) (?:\w+ ){0,2}auf (?=[\w-]+(?: \w+){0,2} nicht an\b)"
    r"|\bfailed (?:(?:oral|outpatient|medical|maximal|multiple|several|prior|previous|an?|his|her|(?:trials?|courses?) of) )*"
    r"|\b(?:frustran|erfolglos)e\w? (?:[\w-]+ )?mit )\Z",
    re.IGNORECASE,
)
_CONSIDERED_BEFORE = re.compile(
    r"\b(?:erwogen (?:wird|werden)|zu (?:erwägen|diskutieren)(?: (?:ist|sind|wäre))?|geplant (?:ist|sind)|vorgesehen (?:ist|sind)|considering)"
    r"(?: (?:eine?n?|an?|the|die|der|das))? \Z",
    re.IGNORECASE,
)
_CONSIDERED = re.compile(
    rf"{DOSE}(?: (?:wird|werden|ist|sind|wäre|is|are|being))? (?:erwogen|zu erwägen|zu diskutieren|under consideration|being considered)\b",
    re.IGNORECASE,
)
_MISSED = re.compile(r"\b(?:appointments?|visits?)\Z", re.IGNORECASE)
# In the same clause, close by
_NOT = re.compile(rf"(?:{NEGATION.pattern}|n['’]t\b)(?: [\w-]+){{0,4}} \Z", re.IGNORECASE)
# That a treatment or test was not wanted, and what ends such a clause: „Operation lehnte er ab, Reha begann er“
_REFUSED = re.compile(
    r"\blehn(?:t|te|ten|en)\b.*\bab\b|\bverweiger\w+|\babgelehnt\b|\bnicht (?:ge|er)wünscht\b",
    re.DOTALL,
)
_AFTER_WHICH = re.compile(r"\b(?:nach|bei|trotz|vor)\s+(?:\w+\s+)?\Z", re.IGNORECASE)
_ANOTHER = re.compile(r",[^A-ZÄÖÜ]*[A-ZÄÖÜ]")  # a comma, and a noun behind it


def words_before(start: int, report: str) -> str:
    """The clause's words before something, at most ``NEAR`` characters; a line's end ends no clause, a blank line does."""
    text = _CLAUSE.split(report[max(0, start - NEAR) : start])[-1]
    spans = sentences(
        _BREAK.sub(" ", text + report[start : start + 1])
    )  # what begins a sentence has no words before it
    return text[spans[-1][0] :] if spans else text


def words_after(end: int, report: str) -> str:
    """The clause's words behind something, at most ``NEAR`` characters."""
    text = _CLAUSE.split(report[end : end + NEAR])[0]
    spans = sentences(_BREAK.sub(" ", text))
    return text[: spans[0][1]] if spans else text


def between_marks(start: int, end: int, first: int, last: int, report: str) -> tuple[int, int]:
    """``report[first:last]`` cut to the entry in which something stands, of a list in one line: "* Sturz: nein * Dekubitus"."""
    marks = [mark.span() for mark in _INLINE_MARK.finditer(report, first, last)]
    first = max((behind for _, behind in marks if behind <= start), default=first)
    return first, min((before for before, _ in marks if before >= end), default=last)


def clause_of(item: Item, report: str) -> str:
    assert item.start is not None and item.end is not None
    return words_before(item.start, report) + item.text + words_after(item.end, report)


def list_entry(start: int, report: str) -> tuple[int, int] | None:
    """The entry of a list that begins there, with the lines below it that are indented further; None where none begins."""
    first, last = line_of(report, start)
    if start - first > NEAR or not _ENTRY.fullmatch(report, first, start):
        return None
    for _ in range(_ENTRIES):
        begin, end = line_of(report, last + 1) if last < len(report) else (last, last)
        if begin <= last or _indent(report[begin:end]) <= _indent(report[first : start + 1]):
            break
        last = end
    return first, min(last, start + _ENTRIES * NEAR)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def lines_above(start: int, report: str) -> Iterator[str]:
    """The lines above the one in which something stands, the nearest first: of each at most the last ``NEAR`` characters, stripped."""
    first, _ = line_of(report, start)
    for _ in range(_ENTRIES):
        if first == 0:
            break
        ends = first - 2 if report[first - 2 : first] == "\r\n" else first - 1
        first, last = line_of(report, ends)
        yield report[max(first, last - NEAR) : last].strip()


def leading_line(start: int, report: str) -> str:
    """The end of the line that leads to the list in which something stands, "No evidence of:"; "" where there is none."""
    for line in lines_above(start, report):
        if not line or line.endswith(":") or _CAPITALS.fullmatch(line):
            return line
    return ""


def has_failed(item: Item, report: str) -> bool:
    """Whether a treatment or test was tried, in vain: "She failed conservative management"."""
    assert item.start is not None
    before = words_before(item.start, report)
    failed = _FAILED.search(before)
    if not failed or _MISSED.search(item.text):
        return False
    return not _NOT.search(before[: failed.start()])


def is_considered(item: Item, report: str) -> bool:
    """Whether a treatment or test is only thought of: „Erwogen wird Trametinib“, "surgery is under consideration"."""
    assert item.start is not None and item.end is not None
    before = _CONSIDERED_BEFORE.search(words_before(item.start, report))
    return bool(before or _CONSIDERED.match(report, item.end))


def is_refused(item: Item, report: str) -> bool:
    """Whether a treatment or test was not wanted: „Eine Operation lehnte er ab“; not „PCI erfolgt, OP lehnte er ab“."""
    assert item.start is not None and item.end is not None
    before, after = words_before(item.start, report), words_after(item.end, report)
    comma = before.rfind(",")
    if comma >= 0 and _REFUSED.search(before, 0, comma):
        before = before[comma:]  # another one's
    found = _REFUSED.search(after)
    another = found and _ANOTHER.search(after, 0, found.start())
    if found and not another:
        return not _AFTER_WHICH.search(before)
    return bool(_REFUSED.search(before + item.text + after.split(",")[0])) and not found
