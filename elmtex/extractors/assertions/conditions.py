"""What is said for a case that may come: "Return if you develop fever", „Sollte das CRP steigen: CT“, „bei Fieber sofort Wiedervorstellung“."""

from __future__ import annotations

import re

from elmtex.extractors.assertions.clauses import DONE, DOSE, NEAR, PART, words_after
from elmtex.text.sections import Sectioned
from elmtex.types import Item

# Advice under a condition: "Return if you develop fever", „Bitte melden, falls ...“
_ADVICE = re.compile(
    r"(?:please |bitte )?(?:return|re-?turn|call|ring|come|contact|see|seek|go|present|re-?attend|attend|report|notify|"
    r"wieder\w+|sofort\w*|rückkehr|vorstellung|melden|rufen|kommen|suchen)\b.*\b(?:if|should|when|falls|wenn|sollten?)\b",
    re.IGNORECASE | re.DOTALL,
)

# What is planned for a case that may come, by its own words
_IF = re.compile(r"\b(?:if|falls|wenn|sollten?|sofern)\b", re.IGNORECASE)
# What a sentence begins with that says when to come back: "Call also for any rash, nausea, …", "She will alert us if …"
_CALL_IF = re.compile(
    r"\W*(?:please |(?:she|he|patient|they) (?:will|should|is to|was told to) )?"
    r"(?:call(?! (?:light|bell|received|from))|come back|seek|return(?! (?:visit|of|to (?:the )?OR\b))"
    r"|(?:alert|notify|contact) (?:us|me|your?|our|the (?:doctor|physician|nurse|team|clinic|office|staff)|Dr|MD)\b)"
    r"[^.;\n]{0,60}?\b(?:if (?!needed|necessary|required)|(?:for|with) (?:any|new|worsening|increas\w+|persistent|severe|signs?)\b)",
    re.IGNORECASE,
)
_NO_MORE = re.compile(
    r";|\b(?:continue|take|as you|given|because|since|known|(?:s?he|patient) has)\b", re.IGNORECASE
)
_ASKED = 120  # characters at a sentence's beginning
# "If febrile: blood cultures", „Sollte das CRP steigen, CT“; and behind what is given then alone
_IN_CASE = re.compile(
    r"\W*(?:(?:and|und|\d+[.)]) )?(?:(?:Sollten?|Wenn|Sofern|If|Should|In case(?: of)?)|Falls (?:der|die|das|dies\w*|ein\w*|er|sie|es|kein\w*|nicht|bis|bei|im|weiter\w*|erneut\w*))\b[^.;\n]{0,150}?(?:[:,]|->|→|\bdann\b|\bthen\b)[^.;\n]*\Z",
    re.IGNORECASE,
)
_TAKES = re.compile(r"\b(?:nimmt|takes|taking)\b", re.IGNORECASE)
_ONLY_IF = re.compile(
    rf"{DOSE},? (?:nur|only),? (?:falls|wenn|if|in case|bei (?:Fieber|Verschlechterung|Persistenz|Bedarf))\b",
    re.IGNORECASE,
)
# Before what may come: „Sollte ein Stridor auftreten, Arzt rufen“; but „Sollten die Schmerzen anhalten“, which are there
_SHOULD_COME = re.compile(
    r"\W*(?:\w+: )?(?:Sollten?|Falls|Sofern|Should|In case of)\b(?:(?!\bbekannt)(?:Pat\.|[^.,;:\n]))*\Z"
)
_COME_BACK = re.compile(
    r"\b(?:WV|Wiedervorstellung)(?: [\w.]+){0,3}? (?:bei|b\.|falls)(?: (?:[^.;\n]|\bo\.)*)? \Z"
)
_STAYS = re.compile(
    r"[^.,;\n]*\b(?:persist\w*|anh[aä]lt\w*|anhalten|fortbest\w*|weiter\w*|nicht|not|bleib\w*|zunehm\w*|continue\w*|worsen\w*|remain\w*)\b",
    re.IGNORECASE,
)
# Before a symptom that a drug is for, when it comes: "ondansetron q8h PRN nausea", „b. B. bei Übelkeit“
_IF_NEEDED = re.compile(
    r"(?:\bp\.?r\.?n\.?|\bas (?:needed|required)|\bb\. ?B\.|\bb\. ?Bed\.|\bbei Bedarf) (?:(?:for|bei|gegen) )?(?:(?:severe|acute|starken?|\w+ (?:or|oder)) )?\Z",
    re.IGNORECASE,
)
# What is to be done in the case of a symptom: „Bei Fieber sofort Wiedervorstellung“, „bei Krampfanfall: Midazolam nasal“
_IN_CASE_OF = re.compile(r"\W*(?:bei|beim|im Falle?)\b", re.IGNORECASE)
_ASKED_FOR = re.compile(
    r" ?(?::|[<>] ?\d|[^.\n]{0,60}\b(?:WV|Wiedervorst\w*|vorstell\w*|melden|sofort\w*|umgehend\w*|ggf)\b)",
    re.IGNORECASE,
)
# It was the case: „Bei Nierenversagen wurde Metformin pausiert“
_WAS = re.compile(
    r"\b(?:wurden?|war(?:en)?|pausiert|abgesetzt|begonnen|aufgenommen|erfolgte?n?|ist|sind|zeigte\w*|bestand\w*|besteht|fand\w*|bekannt\w*)\b",
    re.IGNORECASE,
)
_SHORT = 3  # words: „bei erneutem Fieber“


def is_advice(text: str) -> bool:
    """Whether an item's own words are advice under a condition."""
    return _ADVICE.match(text) is not None


def is_asked_for(start: int, end: int, sections: Sectioned) -> bool:
    """Whether a sentence asks to be told of something, should it come: the words that do so stand before it, or are its own."""
    first, _ = sections.sentence(start)
    asking = _CALL_IF.match(sections.report, first, first + _ASKED)
    if asking is None or asking.end() > end:
        return False
    return not _NO_MORE.search(sections.report, asking.end(), max(start, asking.end()))


def is_conditional(item: Item, sections: Sectioned) -> bool:
    """Whether a treatment, a test or a plan is for a case that may come: "Amoxicillin only if febrile", "If pain worsens, repeat CT"."""
    assert item.start is not None and item.end is not None
    report, (first, last) = sections.report, sections.sentence(item.start)
    if _ONLY_IF.match(report, item.end, last):
        return True
    far = item.start - first > 2 * NEAR
    case = None if far else _IN_CASE.match(report, first, item.start)
    if case is None or _TAKES.search(case[0]):
        return False
    return not DONE.search(report, item.start, min(last, item.end + NEAR))


def has_condition(text: str) -> bool:
    """Whether an item's own words name a case that may come."""
    return _IF.search(text) is not None


def may_come(words: str) -> bool:
    """Whether the words of a clause before a finding speak of what may come: „Sollte ein Stridor auftreten“."""
    return _SHOULD_COME.match(words) is not None


def comes_back_for(words: str) -> bool:
    """Whether they say when somebody is to come back: „WV bei“."""
    return _COME_BACK.search(words) is not None


def stays(end: int, report: str) -> bool:
    """Whether what is said behind a finding is that it may stay, so that it is there: „Sollten die Schmerzen anhalten“."""
    return _STAYS.match(report, end) is not None


def is_if_needed(words: str) -> bool:
    """Whether a drug is given for a symptom when it comes, by the words before it: „b. B. bei“."""
    return _IF_NEEDED.search(words) is not None


def begins_condition(part: str) -> bool:
    """Whether a part of a sentence begins with a case that may come, and not with one that was."""
    return bool(_IN_CASE_OF.match(part)) and not _WAS.search(part)


def is_condition(item: Item, words: str, report: str) -> bool:
    """Whether a symptom is what advice waits for."""
    assert item.end is not None
    part = PART.split(words)[-1]
    if not _IN_CASE_OF.match(part) or len(part.split()) > _SHORT:
        return False
    asked = _ASKED_FOR.match(report, item.end, item.end + NEAR)
    return bool(asked) and not _WAS.search(words_after(item.end, report))
