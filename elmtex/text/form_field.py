"""What a form's mark or answer says of the words beside it: "[x] Vertigo", "Dementia: N", "Reflux  [x] yes  [ ] no", „KHK (-)“."""

from __future__ import annotations

import re
from collections.abc import Iterator

from elmtex.text.rows import line_of
from elmtex.types import Assertion

_FAR = 200  # characters of a line that are looked at on either side
_BLOCK = 600  # characters in which another box is of the same form
_BOX = re.compile(
    r"(?P<on>\[ ?[xX✓✔*] ?\]|(?<!\w)\( ?[xX✓✔] ?\)|[☑☒✅])|\[ ?\](?!\()|(?<!\w)\( \)|[☐□❏◻]"
)
_YES_OR_NO = r"(?:(?P<yes>yes|ja|j|y)|no|nein|n)"
_BOXED_ANSWER = re.compile(rf"[ \t]*{_YES_OR_NO}\b", re.IGNORECASE)
_ANSWER_BEFORE = re.compile(rf"[ \t:?]*{_YES_OR_NO}:?[ \t]*", re.IGNORECASE)
_NONE = re.compile(r"[ \t]*(?:no|none|nein|keine?)\b", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_COLUMN = re.compile(r"[ \t:]{2,}|\t")
_SIGN = re.compile(
    r"\( ?(?:(?P<yes>\+{1,3}|pos(?:itive?)?\.?|ja|yes)|[-–−]|neg(?:ative?)?\.?|nein|no|[Øø∅]) ?\)|(?<!\w)[Øø∅](?!\w|[ \t]*[<>~]?[ \t]*\d)",
    re.IGNORECASE,
)
_PLUS = re.compile(r"[ \t]\+{1,3}(?=[ \t]*(?:[,;.)\n\r]|\Z))")  # „Ödeme +, Ikterus Ø“
_BESIDE = re.compile(r"(?:[ \t]?/[ \t]?[\w-]{1,30}){0,3}[ \t]{0,2}")
# Before a line or a word: "+ polyuria", "-CP"; a dash alone is a bullet
_SIGNED_LINE = re.compile(r"^[ \t]*(?P<sign>[+–−-])[ \t]?(?=[^\W\d_])", re.MULTILINE)
_SIGNED_WORD = re.compile(r"(?<!\S)(?P<sign>[+–−-])(?=[^\W\d_])(?!(?:und|oder|and|or)\b)")
# Behind a word, where others have another sign: "rash+;fever-;cough-"
_SIGN_BEHIND = re.compile(r"(?<=[^\W\d_])(?P<sign>[+–−-])(?=[ \t]*(?:[,;.)\n\r]|\Z))")
_END = re.compile(r"[ \t]*(?:[,;.]|\r|\n|\Z|[Øø∅]|[^\W\d_])")
_UNKNOWN = (
    r"n/?k|n/a|not (?:known|assessed|examined|tested|asked)|unknown|unsure|unklar|unbekannt|"
    r"nicht (?:bekannt|beurteilbar|untersucht|geprüft|erfragt)"
)
# Behind the words, perhaps with where or when, and all that is said or up to a comma: "History of falls? Yes, 2 in past month"
_ANSWER = re.compile(
    r"(?:[ \t]?/[ \t]?[\w-]{1,30}|[ \t](?:bei|in|im|am|an|i\.|seit|vor|während|on|at|present|since|last|during|before|this|currently|aktuell|bekannt|known)"
    r"(?![^,;:?\n]*remission)(?:[ \t][\w.-]{1,30}){0,5})?"
    r"(?:[ \t]\((?:[yj]/n|yes/no|ja/nein)\))?(?:(?P<asks>[ \t]?[:?][:? \t]{0,3}(?:[-–][ \t])?|[ \t]{0,30}\|[ \t]{0,30}|[ \t]?[._·]{3,60}[ \t:]{0,3})|[ \t][-–][ \t]|\t+| {2,30})"
    r"(?:(?P<yes>yes|y|ja|j)|(?P<no>no|n|nein|none)|(?P<present>present|vorhanden|pos(?:itive?)?\b\.?|\+{1,3})"
    r"|(?P<absent>nil|absent|neg(?:ative?)?\b\.?|denied|verneint|negiert|keine?|not (?:present|identified|seen|detected|found)"
    rf"|nicht (?:vorhanden|nachweisbar|nachgewiesen)|[-–−Øø∅])|(?P<possible>{_UNKNOWN}))"
    r"(?=[ \t]*(?:[,;.)(|\n\r]|\Z)|[ \t][-–/][ \t]|[ \t]{2})",
    re.IGNORECASE,
)
# Before the words, these say what a tick or a "yes" does not: "[x] negative for fever", "Suspected sepsis? Yes", „☒ V. a. Embolie“
_SAID = re.compile(
    r"\b(?:no|not|den(?:y|ies|ied)|negative|without|rule|r/o|suspected|possible|risk|family|mother|father|discuss|start|order|recheck|repeat|schedule|f/u|re|prevent|"
    r"kein\w*|nicht|ohne|V\. ?a|verdacht|ausschluss|familie\w*|mutter|vater|gegen|aufklärung|impfung)\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(r"[ \t-]?(?:precautions?|proph\w*|risik\w*|risk)", re.IGNORECASE)


def answered(report: str, start: int, end: int, *, tested: bool = False) -> Assertion | None:
    """The assertion that a form tells of ``report[start:end]``; None where it tells none.

    Boxes, signs in brackets and „Ø“ on either side, signs before a line or a word, and an answer behind a colon, a question mark or a gap.

    Args:
        report: the text.
        start, end: of words in it.
        tested: they are a test, which a negative result does not deny, or a drug, which may have columns of its own.

    Examples:
        >>> form = "[x] Vertigo\\n[ ] Hearing loss\\nDementia: N\\nFalls? Yes, two"
        >>> [answered(form, form.index(w), form.index(w) + len(w)) for w in ("Vertigo", "Hearing loss", "Dementia", "Falls")]
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
    part = max(first, *(report.rfind(mark, first, start) + 1 for mark in (",", ";", ".", " / ")))
    if found is None or _SAID.search(report, part, end):
        return None
    match found.lastgroup:
        case "yes" if found["asks"] or not tested:
            return "present"
        case "no" if found["asks"] or not tested:
            return "absent"
        case "present" | "absent" | "possible" as told if found["asks"] and not tested:
            return told
        case "absent" if not tested and found["absent"] not in tuple("-–−Øø∅"):
            return "absent"
    return None


def _boxed(report: str, start: int, end: int, first: int, last: int) -> bool | None:
    """Whether the box of some words is ticked, or that of "yes"; an empty form says nothing."""
    boxes = list(_BOX.finditer(report, first, last))
    if not boxes:
        return None
    behind = [box for box in boxes if box.start() >= end]
    if answers := list(_answers(report, behind, end, last)):
        return next((yes for ticked, yes in answers if ticked), None)
    line, _ = line_of(report, start)
    mark = _BOX.search(report, line, min(line + _FAR, start))
    if mark and _leads(report[line : mark.start()]):
        own = next((box for box in reversed(boxes) if box.end() <= start), None)
        between = report[own.end() : start] if own else ""
        if own is None or _SAID.search(between) or _AGAINST.match(report, end):
            return None
        if own["on"]:
            return True
        return False if len(between.split()) < 2 and _is_filled(report, start) else None
    if not behind or _LETTER.search(report, end, behind[0].start()):
        return None
    follows = report[behind[0].end() : behind[1].start() if len(behind) > 1 else last]
    if not follows.strip() or follows.lstrip()[0] in ",;":
        if behind[0]["on"]:
            return True
        return False if _is_filled(report, start) else None
    if not _COLUMN.match(report, end, behind[0].start()):
        return None
    # Kinds of it: "Ödeme   [ ] keine   [x] Unterschenkel"
    kind = next((box for box in behind if box["on"]), None)
    return None if kind is None else not _NONE.match(report, kind.end(), last)


def _answers(
    report: str, boxes: list[re.Match[str]], end: int, last: int
) -> Iterator[tuple[bool, bool]]:
    """Of the boxes for "yes" and "no" that follow some words: which are ticked, and which are those of "yes"."""
    at, before = end, None
    for box in boxes:
        ahead = _ANSWER_BEFORE.fullmatch(report, at, box.start())
        behind = _BOXED_ANSWER.match(report, box.end(), last)
        if before is None:
            before = ahead is not None
        answer = ahead if before else behind
        if answer is None or (at != end and not before and _LETTER.search(report, at, box.start())):
            return
        yield box["on"] is not None, answer["yes"] is not None
        at = box.end() if before else answer.end()


def _is_filled(report: str, start: int) -> bool:
    """Whether a box of the paragraph is ticked."""
    first = max(report.rfind("\n\n", 0, start), start - _BLOCK, 0)
    last = report.find("\n\n", start)
    last = min(last if last >= 0 else len(report), start + _BLOCK)
    return any(box["on"] for box in _BOX.finditer(report, first, last))


def _signed(report: str, start: int, end: int, first: int, last: int) -> bool | None:
    """Whether some words have a plus, not a minus or „Ø“."""
    beside = _BESIDE.match(report, end, last)
    if beside and (sign := _SIGN.match(report, beside.end(), last)):
        return sign["yes"] is not None if _END.match(report, sign.end(), last) else None
    if _PLUS.match(report, end, last):
        return True
    behind = {
        sign.start(): sign["sign"] == "+" for sign in _SIGN_BEHIND.finditer(report, first, last)
    }
    if end in behind and len(set(behind.values())) > 1:
        return behind[end]
    line, _ = line_of(report, start)
    mark = _SIGN.search(report, line, min(line + _FAR, start))
    if mark and _leads(report[line : mark.start()]):
        signs = list(_SIGN.finditer(report, first, start))
        return signs[-1]["yes"] is not None if signs else None
    words = list(_SIGNED_WORD.finditer(report, first, last))
    if len({word["sign"] == "+" for word in words}) > 1:
        own = next((word for word in reversed(words) if word.end() <= start), None)
        return None if own is None or "," in report[own.end() : start] else own["sign"] == "+"
    if row := _SIGNED_LINE.match(report, first, last):
        top = _SIGNED_LINE.search(report, max(0, first - _BLOCK))
        if top and top["sign"] == "+":
            return row["sign"] == "+"
    return None


def _leads(before: str) -> bool:
    """Whether a line's first mark stands before its words: what is before it is nothing, or a heading."""
    before = before.strip(" \t*•·")
    return not before or before.endswith(":")
