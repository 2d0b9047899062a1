"""Whether a drug is taken: one that another replaced is not, one that is advised only may be, and one of a list is not stopped because
the next one is."""

from __future__ import annotations

import re
from dataclasses import replace

from elmtex.extractors.assertions.clauses import (
    DONE,
    DOSE,
    NEAR,
    NEGATION,
    has_failed,
    is_considered,
    is_refused,
    leading_line,
    list_entry,
    words_after,
    words_before,
)
from elmtex.extractors.assertions.conditions import is_conditional
from elmtex.extractors.assertions.denials import NOT_TAKEN, is_denied
from elmtex.text.normalisation import sentences
from elmtex.text.rows import line_of
from elmtex.text.sections import Sectioned
from elmtex.types import Item

_DIGIT = re.compile(r"\d")
# „Ramipril auf Sacubitril umgestellt“: the second one is taken; not „wegen Allergie auf Penicillin umgestellt“
_SWITCHED_TO = re.compile(r"(?:\bauf|\bto|→|->)\s+(?:(?:an?|the|eine?n?)\s+)?\Z", re.IGNORECASE)
_OTHER_TO = re.compile(
    r"\b(?:\w*allerg\w*|intoler\w*|unverträgl\w*|verzicht\w*|reaction|reaktion)\s+(?:auf|to)\s+\Z",
    re.IGNORECASE,
)
_SWITCHED = re.compile(
    r"\b(?:umgestellt|umgesetzt|gewechselt|oralisiert|Umstellung|switch\w*|convert\w*|transition\w*)\b",
    re.IGNORECASE,
)
# „1-0-1“ is of a list of what is taken, also under "Recommendations"
_SCHEME = re.compile(r"(?<![\d-])\d\s?-\s?\d\s?-\s?\d(?![\d.])")
_ADVISED = re.compile(r"empfehl|recommend|pro[cz]edere|vorschlag|advice", re.IGNORECASE)
_TAKEN = re.compile(
    r"\b(?:on|unter|keep\w*|tak(?:es?|ing|en)|remain\w*|home|current\w*|aktuell\w*|bisher\w*|bestehend\w*|unverändert)\b",
    re.IGNORECASE,
)
# „Atorvastatin (zuvor Simvastatin)“, „statt Tiotropium“, "switched from sertraline"; not „wie zuvor Metoprolol“
_FORMER = re.compile(
    r"(?:(?<!\bwie )(?<!\bas )\b(?:zuvor|statt|anstelle von|anstatt|previously|formerly|instead of)"
    r"|(?<!wie )\b(?:früher|ehemals|vormals)"
    r"|\b(?:used to (?:take|use|be on)|no longer (?:on|takes|taking|uses|using)|nahm früher)"
    r"|\b(?:umstellung|umgestellt|umsetzen|wechsel|gewechselt|switch\w*|chang(?:ed|e|ing)|convert\w*|transition\w*) (?:from|von))\s\Z",
    re.IGNORECASE,
)
# "simvastatin -> atorvastatin 40 mg": the first one is no longer taken; "bisoprolol 2.5 mg -> 5 mg" is
_REPLACED = re.compile(r"[ \t]*(?:->|→)[ \t]*[^\W\d_]{6,} \d+(?:[.,]\d+)? ?(?:mg|µg|mcg|g|IE|U)\b")
# „Furosemid wurde auf orale Gabe umgestellt“, "bisoprolol was reduced to 2.5 mg"
_ADJUSTED = re.compile(
    rf"{DOSE}(?: (?:wurde|wird|was|is|will be))? (?:(?:auf|to) (?:\d|oral)[^.;\n]{{0,40}}?\b(?:umgestellt|erhöht|reduziert|gesteigert|angepasst|halbiert)"
    r"|(?:increased|reduced|decreased|titrated|uptitrated|changed|switched) to (?:\d|oral))"
)
# „Wir empfehlen den Beginn von Simvastatin“
_TO_BEGIN = re.compile(
    r"\b(?:empfehlen|empfohlen wird|recommend(?:ed)?|advised?|suggest)\b[^.;\n]*\b(?:Beginn|Einleitung|Ansetzen|start(?:ing)?|initiat\w+|adding|addition)(?: (?:von|einer?|mit|of|with|an?))*(?: \w+)? \Z"
)
# „Ramipril auf Candesartan umgestellt“, "apixaban was switched to warfarin"
_CHANGED_TO = re.compile(
    rf"{DOSE} (?:auf (?!oral)[^\W\d][^.;,\n]{{1,60}}? (?:umgestellt|umgesetzt|gewechselt)"
    r"|(?:(?:was|were|is|has been|then) )?(?:switched|changed|converted|transitioned) to (?!oral|p\.?o|i\.?v|once|twice|daily|night|as needed)[^\W\d])"
)
_DOSE_CHANGE = re.compile(r"[^,.;\n]{0,20}?\b(?:auf|to)\s+(?:\d|oral|p\.? ?o|i\.? ?v|s\.? ?c)")
# What a line of drugs begins with that are not taken: "Stopped: ibuprofen, lorazepam 1 mg"
_LABEL = re.compile(
    r"[ \t]*(?:[-*•+·][ \t]*)?(?:neu )?(?:abgesetzt|pausiert|gestoppt|beendet|stopped|discontinued|paused|on hold|held|ceased)[ \t]*:"
    r"(?P<drugs>[^:;\n]*)\Z",
    re.IGNORECASE,
)
_TO_AVOID = re.compile(r"\s+(?:bitte\s+|zu\s+)?(?:ver)?meiden\b", re.IGNORECASE)
_TAKES_UP = re.compile(
    r"\.\s|->|→|\b(?:start\w*|continu\w*|weiter\w*|neu|new|begonnen|begun|dafür|stattdessen|instead|replaced by|bridging|added)\b",
    re.IGNORECASE,
)
# "off and on", „noch bis 20.04.“
_SOMETIMES = re.compile(rf" off and on\b(?!-)|{DOSE} (?:noch|weiter) (?:bis|für)\b", re.IGNORECASE)
# „Apixaban statt Marcumar“, „wurde pausiert, ab morgen wieder angesetzt“
_INSTEAD = re.compile(rf"{DOSE} (?:statt|anstatt|anstelle|instead of|in place of)\b", re.IGNORECASE)
_AGAIN = re.compile(
    r"(?<!nicht )\b(?:wieder(?:an|auf|ein)?(?: (?:an|auf|ein)?|)(?:gesetzt|genommen|begonnen|gegeben)|resumed|restarted|reintroduced)\b",
    re.IGNORECASE,
)
_NO = re.compile(r"\b(?:kein\w*|no)\s+\Z", re.IGNORECASE)  # „Kein Marcumar“
# „Citalopram ex, dafür Duloxetin“
_EX = re.compile(rf"{DOSE},? (?:ex|abges\.|d/c['’]?e?d)(?=[,;.)\n]|\Z)")
# „zugunsten von Ustekinumab verlassen“, "replaced by rivaroxaban", „Cefazolin wurde problemlos vertragen“: these are taken
_IN_FAVOUR_OF = re.compile(
    r"\b(?:zugunsten(?: von)?|in favou?r of|replaced (?:by|with)|ersetzt durch|dafür|stattdessen)\s\Z",
    re.IGNORECASE,
)
_TOLERATED = re.compile(
    rf"{DOSE}(?: (?!nicht\b|not\b|schlecht\b)[\w]+){{0,4}} (?:(?:gut|problemlos|komplikationslos) vertragen|well tolerated|tolerated well)\b"
)
_REPLACES = re.compile(rf"{DOSE} (?:(?:has|had|have) )?replac(?:ed|es|ing) (?!by\b|with\b)")
# "Simvastatin on hold while on clarithromycin": this one is taken
_WHILE_ON = re.compile(
    r"\b(?:while on|whilst on|solange|während der Therapie mit)\s+\Z", re.IGNORECASE
)
# „Metformin (keine Nebenwirkungen) wird fortgeführt“
_CONTINUED = re.compile(
    rf"{DOSE} weiter(?=[,;.)\n]|\Z)|{DOSE}(?: ?\([^()\n]*\))?(?: (?:wird|wurde|werden|wurden|kann|soll|is|was|unverändert|weiter))* (?:fortgeführt|fortgesetzt|weitergeführt|beibehalten|continued)\b",
    re.IGNORECASE,
)
_COMMA = re.compile(r"[,;](?!\d)")
_AFTER_COMMA = re.compile(r"(?:[,;:]|\band|\bund)\s*\Z")


def of_drug(item: Item, sections: Sectioned) -> Item:
    """The drug with the assertion that the words around it tell for certain."""
    assert item.start is not None and item.end is not None
    before = words_before(item.start, sections.report)
    if _NO.search(before):
        return replace(item, assertion="absent")
    if item.assertion == "present" and (
        is_refused(item, sections.report) or _is_former(item, sections.report)
    ):
        return replace(item, assertion="absent")
    if item.assertion == "present" and (
        _is_advised(item, sections)
        or is_conditional(item, sections)
        or is_considered(item, sections.report)
        or _TO_BEGIN.search(before)
    ):
        return replace(item, assertion="possible")
    if item.assertion == "absent" and (_WHILE_ON.search(before) or _is_taken(item, sections)):
        return replace(item, assertion="present")
    if item.assertion == "absent" and not (
        is_denied(item.start, item.end, sections) or _is_former(item, sections.report)
    ):
        planned = sections.kind(item.start) == "plan"
        return replace(item, assertion="possible" if planned else "present")
    return item


def _is_advised(item: Item, sections: Sectioned) -> bool:
    """Whether a drug under recommendations is one of them: nothing up to the next comma says that it is taken already."""
    assert item.start is not None and item.end is not None
    if not _ADVISED.search(sections.heading(item.start)):
        return False
    before, after = (
        words_before(item.start, sections.report),
        words_after(item.end, sections.report),
    )
    clause = before + item.text + after.split(",")[0]
    return not (DONE.search(clause) or _TAKEN.search(clause) or _SCHEME.search(clause))


def _is_former(item: Item, report: str) -> bool:
    """Whether the words around a drug say that it was another one's forerunner, is stopped like its neighbours, or to be avoided."""
    assert item.start is not None and item.end is not None
    first, _ = line_of(report, item.start)
    near = item.start - first < NEAR
    label = _LABEL.match(report, first, item.start) if near else None
    if label and not _TAKES_UP.search(label["drugs"]):
        return True
    before = words_before(item.start, report)
    former = _FORMER.search(before) and not _DOSE_CHANGE.match(report, item.end)
    replaced = any(o.match(report, item.end) for o in (_REPLACED, _EX, _CHANGED_TO))
    return bool(former or replaced or _TO_AVOID.match(report, item.end))


def _is_taken(item: Item, sections: Sectioned) -> bool:
    """Whether the words that made a drug absent are said of another one, or of how it helped or was taken."""
    assert item.start is not None and item.end is not None
    report = sections.report
    if has_failed(item, report):
        return True
    before = words_before(item.start, report)
    if _IN_FAVOUR_OF.search(before) or _TOLERATED.match(report, item.end):
        return True
    if _REPLACES.match(report, item.end) or (
        _ADJUSTED.match(report, item.end) and not NEGATION.search(before)
    ):
        return True
    if _INSTEAD.match(report, item.end) or _AGAIN.search(words_after(item.end, report)):
        return True
    if _SOMETIMES.match(report, item.end) or _CONTINUED.match(report, item.end):
        return not NEGATION.search(before)
    return (
        _is_switched_to(item, report)
        or _is_listed(item.start, sections)
        or _is_of_next_sentence(item, sections)
    )


def _is_of_next_sentence(item: Item, sections: Sectioned) -> bool:
    """Whether the sentence before a drug's says of another one that it is not taken, and the drug's own does not."""
    assert item.start is not None and item.end is not None
    report = sections.report
    first, last = line_of(report, item.start)
    first, last = max(first, item.start - 2 * NEAR), min(last, item.end + NEAR)
    spans = [(first + a, first + b) for a, b in sentences(report[first:last])]
    own = next((n for n, (_, end) in enumerate(spans) if item.start < end), 0)
    if own == 0 or sections.kind(item.start) == "allergies":
        return False
    before, sentence = (report[slice(*spans[n])] for n in (own - 1, own))
    return bool(NOT_TAKEN.search(before)) and not NOT_TAKEN.search(sentence)


def _is_switched_to(item: Item, report: str) -> bool:
    assert item.start is not None and item.end is not None
    before, after = words_before(item.start, report), words_after(item.end, report).split(",")[0]
    if not _SWITCHED_TO.search(before) or _OTHER_TO.search(before):
        return False
    clause = before + after
    return bool(_SWITCHED.search(clause)) and not (
        NEGATION.search(clause) or is_refused(item, report)
    )


def _is_listed(start: int, sections: Sectioned) -> bool:
    """Whether a drug that begins there heads an entry of a list of drugs, or a line with a scheme such as 1-0-1, in which nothing says
    that it is not taken: "Metformin STOPPED" in the next line is another's."""
    report = sections.report
    first, last = line_of(report, start)
    first, last = max(first, start - 2 * NEAR), min(last, start + 2 * NEAR)
    entry = list_entry(start, report)
    schemed = entry and entry[1] - start < NEAR and _SCHEME.search(report, *entry)
    if sections.kind(start) != "medication" and not schemed:
        return False
    if entry:
        first, last = entry
    else:  # one of several in a line, with a dose of its own: "Amlodipin 5 mg 1-0-0, HCT pausiert"
        rest = _COMMA.split(report[start:last])[0]
        if not _AFTER_COMMA.search(report, first, start) or not _DIGIT.search(rest):
            return False
        if NOT_TAKEN.search(report, first, max(report.rfind(":", first, start), first)):
            return False  # "Paused: HCT 12.5 mg, ramipril 5 mg"
        first, last = start, start + len(rest)
    around = (sections.heading(start), leading_line(start, report))
    return not (NOT_TAKEN.search(report, first, last) or any(map(NOT_TAKEN.search, around)))
