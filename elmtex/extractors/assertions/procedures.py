"""Whether a test or treatment was done, and a result had: what was refused or cancelled was not, what is planned or awaited may be."""

from __future__ import annotations

import re
from dataclasses import replace

from elmtex.extractors.assertions.clauses import (
    DONE,
    clause_of,
    has_failed,
    is_considered,
    is_refused,
    words_after,
    words_before,
)
from elmtex.extractors.assertions.conditions import is_conditional
from elmtex.extractors.assertions.denials import is_denied
from elmtex.text.sections import Sectioned
from elmtex.types import Item

_DIGIT = re.compile(r"\d")
_NOT_HAD = re.compile(
    r"\bnot (?:noted|done|measured|performed|obtained|available|taken|reported)\b|\bha?emolysed\b|"
    r"\bnicht (?:bestimmt|bestimmbar|gemessen|messbar|durchgeführt|erhoben|abgenommen|verwertbar)\b|\bhämolytisch\b",
    re.IGNORECASE,
)
# Behind a test or treatment: "Bronchoscopy cancelled", „Mammographie: noch nie“, „cMRT wegen Schrittmacher nicht durchführbar“
_NOT_DONE = re.compile(
    r"(?: (?:was|were|is|ist|sind|war|waren|wurden?|konnten?|noch|(?:aufgrund|wegen|wg\.|bei|b\.|auf Wunsch|due to|because of)(?: [\w.,-]+){1,4}?)){0,4}"
    r" (?:not (?:performed|done|possible|carried out|undertaken|indicated|tolerated)|cancelled|deferred|postponed|unterlassen|zurückgestellt|verschoben|"
    r"nicht (?:durchführbar|durchgeführt|möglich|erfolgt|indiziert|erforderlich|notwendig|toleriert))\b"
    r"|(?: (?:des|der|bei|wegen|heute|daher|damit|somit))? (?:entfiel(?:en)?|entfällt|entfallen|unterblieb(?:en)?)\b"
    r"|: (?:never|noch nie|nie)\b",
    re.IGNORECASE,
)
# „Z. n. Appendektomie“ is never planned
_PAST = re.compile(
    r"\b(?:s/p|status[ -]post|Z\. ?n\.|Zustand nach|St\. ?p\.) (?:[\w-]+ )?\Z", re.IGNORECASE
)
_NOT_FOR = re.compile(r"\bnot for \Z", re.IGNORECASE)  # "Not for home O2"
_WAS_DONE = re.compile(
    r" (?:(?:ist|wurden?|was|were) )?(?:erfolgt|durchgeführt|performed|done)(?=[,;.]|\Z)"
)
# What is not known yet: „Hepatitis-Serologie ausstehend“
_AWAITED = re.compile(
    r"[ \t]+(?:(?:ist|sind|noch|is|are|still|derzeit|currently)\s+){0,3}"
    r"(?:ausstehend|steht (?:noch )?aus|stehen (?:noch )?aus|folgt|pending|outstanding|awaited|to follow)\b",
    re.IGNORECASE,
)
# By which something else was ruled out: „mittels Szintigraphie ausgeschlossen“
_BY = re.compile(
    r"\b(?:mittels|mithilfe|durch|per|anhand|in der|im|via|using)\s+(?:\S+/|\w+\s)?\Z",
    re.IGNORECASE,
)
_RULED_OUT = re.compile(r"\s+(?:\w+\s+)?(?:ausgeschlossen|excluded|ruled out)\b", re.IGNORECASE)
# „RR-Ziel < 140/90 mmHg“, "BP goal < 130/80"
_GOAL = re.compile(
    r"(?:\w+[- ]){0,2}(?:Ziel(?:wert\w*|bereich)?|goal|target)\b\s*(?:of|von|unter|below|[:<>≤≥]|\d)",
    re.IGNORECASE,
)


def of_procedure(item: Item, sections: Sectioned) -> Item:
    """The test or treatment with the assertion that the words around it tell for certain."""
    assert item.start is not None and item.end is not None
    report, start = sections.report, item.start
    if (
        _NOT_DONE.match(report, item.end)
        or _NOT_FOR.search(report, max(0, start - 8), start)
        or (item.assertion == "present" and is_refused(item, report))
    ):
        return replace(item, assertion="absent")
    if item.assertion == "present" and (
        is_conditional(item, sections) or is_considered(item, report)
    ):
        return replace(item, assertion="possible")
    past = _PAST.search(report, max(0, start - 30), start)
    if item.assertion == "possible" and (past or _WAS_DONE.match(report, item.end)):
        return replace(item, assertion="present")
    if item.assertion != "possible" and _AWAITED.match(report, item.end):
        return replace(item, assertion="possible")
    if item.assertion == "absent" and (
        _rules_another_out(item, report)
        or has_failed(item, report)
        or not is_denied(start, item.end, sections)
    ):
        item = replace(item, assertion="present")
    if (
        item.assertion == "present"
        and not past
        and sections.kind(start) == "plan"
        and not DONE.search(clause_of(item, report))
    ):
        return replace(item, assertion="possible")
    return item


def of_result(item: Item, sections: Sectioned) -> Item:
    """The result, absent where there is none, "platelets not noted", and possible where it is awaited or aimed at: "BP goal < 130/80"."""
    assert item.end is not None
    if item.assertion != "present":
        return item
    if _GOAL.match(item.text):
        return replace(item, assertion="possible")
    if _AWAITED.match(sections.report, item.end) or _AWAITED.search(item.text):
        return replace(item, assertion="possible")
    if _DIGIT.search(item.text):
        return item
    result = item.text + words_after(item.end, sections.report).split(",")[0].split("\n")[0]
    return replace(item, assertion="absent") if _NOT_HAD.search(result) else item


def _rules_another_out(item: Item, report: str) -> bool:
    """Whether a test is what something else was ruled out by."""
    assert item.start is not None and item.end is not None
    return bool(_BY.search(words_before(item.start, report)) and _RULED_OUT.match(report, item.end))
