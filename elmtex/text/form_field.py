"""What a form's mark or answer says of the words beside it: "[x] Vertigo", "Dementia: N", "Reflux  [x] yes  [ ] no", „KHK (-)“."""

from __future__ import annotations

import re

from elmtex.text.rows import line_of
from elmtex.types import Assertion

_FAR = 200  # characters of a line that are looked at on either side
_BLOCK = 600  # characters in which another box is of the same form
_BOX = re.compile(
    r"(?P<on>\[ ?[xX✓✔✗*] ?\]|(?<!\w)\( ?[xX✓✔✗] ?\)|[☑☒✅])|\[ ?\](?!\()|(?<!\w)\( \)|[☐□❏◻]"
)
_BOXED_ANSWER = re.compile(r"[ \t]*(?:(?P<yes>yes|ja|j|y)|no|nein|n)\b", re.IGNORECASE)
_SIGN = re.compile(
    r"\( ?(?:(?P<yes>\+{1,3}|pos(?:itive?)?\.?|ja|yes)|[-–−]|neg(?:ative?)?\.?|nein|no|[Øø∅]) ?\)|(?<!\w)[Øø∅](?!\w)",
    re.IGNORECASE,
)
_PART = re.compile(r"[,;.](?=\s)|\Z")
# Before a line or a word: "+ polyuria", "-CP"; a dash alone is a bullet
_SIGNED_LINE = re.compile(r"^[ \t]*(?P<sign>[+–−-])[ \t]?(?=[^\W\d_])", re.MULTILINE)
_SIGNED_WORD = re.compile(r"(?<!\S)(?P<sign>[+–−-])(?=[^\W\d_])")
_THERE = r"present|vorhanden|pos(?:itive?)?\b\.?|\+{1,3}"
_NOT_THERE = (
    r"nil|absent|neg(?:ative?)?\b\.?|denied|verneint|negiert|keine?|not (?:present|identified|seen|detected|found)|"
    r"nicht (?:vorhanden|nachweisbar|nachgewiesen)|[-–−Øø∅]"
)
_UNKNOWN = (
    r"n/?k|n\.?/?a\.?|not (?:known|assessed|examined|tested|asked)|unknown|unsure|unklar|unbekannt|"
    r"nicht (?:bekannt|beurteilbar|untersucht|geprüft|erfragt)"
)
# Behind the words, and all that is said or up to a comma: "History of falls? Yes, 2 in past month"
_ANSWER = re.compile(
    r"(?:[^\n,;:?.]{0,40}?[ \t]*[:?][ \t:?]*(?:[-–] *)?|[^\n,;:?.\t\d]{0,40}?(?: [-–] |\t+| {2,}))[ \t]*"
    rf"(?:(?P<yes>yes|y|ja|j)|(?P<no>no|n|nein|none)|(?P<present>{_THERE})|(?P<absent>{_NOT_THERE})|(?P<possible>{_UNKNOWN}))"
    r"(?=\s*(?:[,;.)(\n\r]|\Z)| [-–] | {2,}|\t)",
    re.IGNORECASE,
)
_ASKS = re.compile(r"[:?]")


def answered(report: str, start: int, end: int, *, tested: bool = False) -> Assertion | None:
    """The assertion that a form tells of ``report[start:end]``; None where it tells none.

    Boxes, signs in brackets and „Ø“ on either side, signs before a line or a word, and an answer behind a colon, a question mark or a gap.

    Args:
        report: the text.
        start, end: of words in it.
        tested: they are a test, which a negative result does not deny.

    Examples:
        >>> form = "[x] Vertigo\\n[ ] Hearing loss\\nDementia: N\\nFalls? Yes, two"
        >>> [answered(form, form.index(words), form.index(words) + 5) for words in ("Vertigo", "Hearing", "Dementia", "Falls")]
        ['present', 'absent', 'absent', 'present']
        >>> answered("Fever: no longer", 0, 5) is None
        True
    """
    first, last = line_of(report, start)
    first, last = max(first, start - _FAR), min(last, end + _FAR)
    sign = _boxed(report, start, end, first, last)
    if sign is None and not tested:
        sign = _signed(report, start, end, first, last)
    if sign is not None:
        return "present" if sign else "absent"
    found = _ANSWER.match(report, end, last)
    match found.lastgroup if found else None:
        case "yes":
            return "present"
        case "no":
            return "absent"
        case "present" | "absent" as told if not tested:
            return told
        case "possible" if found and _ASKS.search(found[0]):
            return "possible"
    return None


def _boxed(report: str, start: int, end: int, first: int, last: int) -> bool | None:
    """Whether the box of some words is ticked, or that of "yes"; an empty form says nothing."""
    boxes = list(_BOX.finditer(report, first, last))
    if not boxes:
        return None
    answers = [(box, _BOXED_ANSWER.match(report, box.end(), last)) for box in boxes]
    if any(answer for _, answer in answers):
        ticked = [a for box, a in answers if a and box["on"] and box.start() >= end]
        return bool(ticked[0]["yes"]) if ticked else None
    if _leads(report[first : boxes[0].start()]):
        own = next((box for box in reversed(boxes) if box.end() <= start), None)
    else:
        own = next((box for box in boxes if box.start() >= end), None)
    if own is None or own["on"]:
        return own and True
    block = _BOX.finditer(report, max(0, start - _BLOCK), end + _BLOCK)
    return False if any(box["on"] for box in block) else None


def _signed(report: str, start: int, end: int, first: int, last: int) -> bool | None:
    """Whether some words have a plus, not a minus or „Ø“."""
    signs = list(_SIGN.finditer(report, first, last))
    if signs:
        part = _PART.search(report, end, last)
        behind = [s for s in signs if end <= s.start() and part and s.end() <= part.start()]
        before = [s for s in signs if s.end() <= start]
        if _leads(report[first : signs[0].start()]):
            return bool(before[-1]["yes"]) if before else None
        return bool(behind[0]["yes"]) if behind else None
    words = list(_SIGNED_WORD.finditer(report, first, last))
    if len({word["sign"] == "+" for word in words}) > 1:
        own = next((word for word in reversed(words) if word.end() <= start), None)
        return None if own is None or "," in report[own.end() : start] else own["sign"] == "+"
    if line := _SIGNED_LINE.match(report, first, last):
        block = _SIGNED_LINE.finditer(report, max(0, first - _BLOCK), last + _BLOCK)
        if any(other["sign"] == "+" for other in block):
            return line["sign"] == "+"
    return None


def _leads(before: str) -> bool:
    """Whether a line's first mark stands before its words: what is before it is nothing, or a heading."""
    before = before.strip(" \t*•·")
    return not before or before.endswith(":")
