"""Whether a finding is there: what is only suspected, or waited for, may be; what is denied beside it says nothing of it."""

from __future__ import annotations

import re
from dataclasses import replace

from elmtex.extractors.assertions.clauses import (
    NEAR,
    NEGATION,
    leading_line,
    words_after,
    words_before,
)
from elmtex.text.rows import line_of
from elmtex.text.sections import Sectioned
from elmtex.types import Assertion, Item

# Behind a finding, at the end of its entry: "PSC, Verdacht", "sleep apnoea suspected", „Pneumonie?“
_SUSPECTED = re.compile(
    r"(?:[,;:]? ?[(\[]?(?:Verdacht|V\. ?a\.|suspected|fraglich)[)\]]?|\?) ?(?=[\n\r.,;)/]|\Z)",
    re.IGNORECASE,
)
# Doubted by the item's own first word: „fragliche Erosion“
_DOUBTED = re.compile(
    r"(?:cave\b|fraglich|möglich|vermutlich|suspected|questionable|possible|probable|likely)\w*\b",
    re.IGNORECASE,
)
# „V. a. Pneumonie bestätigte sich nicht“
_UNCONFIRMED = re.compile(
    r"(?:,? (?:nicht bestätig\w+|not confirmed)|[^,.;\n]{0,60}\b(?:bestätigte\w* sich\b[^,.;\n]{0,60}\bnicht|nicht bestätig\w+|not (?:been )?confirmed))\b",
    re.IGNORECASE,
)
# Behind a finding: "could not be palpated"; „nicht tastbar“; but "cannot be excluded", „nicht sicher auszuschließen“
_NOT_FOUND = re.compile(
    r"[^,.;:\n]{0,40}\b(?:(?:could|can)(?: ?not|n't) be (?:palpated|felt|seen|found|identified|detected|demonstrated|visuali[sz]ed|heard|appreciated)|"
    r"(?:ist|sind|war|waren)? ?nicht (?:(?:sicher|mehr) )?(?:tastbar|nachweisbar|darstellbar|auskultierbar|palpabel|feststellbar|erkennbar|sichtbar|"
    r"zu (?:sehen|tasten|hören|finden)|nachzuweisen|vorhanden))\b",
    re.IGNORECASE,
)
_NOT_EXCLUDED = re.compile(
    r"[^,.;:\n]{0,60}\b(?:(?:could|can)(?: ?not|n't) be (?:\w+ )?(?:excluded|ruled out)|not (?:\w+ )?(?:excluded|ruled out)|"
    r"nicht (?:\w+ ){0,2}(?:auszuschl\w*|ausgeschlossen|ausschließbar))",
    re.IGNORECASE,
)
# Before a finding that a drug is for, when it comes: "ondansetron q8h PRN nausea", „b. B. bei Übelkeit“
_IF_NEEDED = re.compile(
    r"(?:\bp\.?r\.?n\.?|\bas (?:needed|required)|\bb\. ?B\.|\bb\. ?Bed\.|\bbei Bedarf)[ ,]{1,2}(?:(?:for|bei|gegen|severe|acute|starken?) )?(?:\w+ (?:/|or|oder) )?\Z",
    re.IGNORECASE,
)
# What a condition asks for: „Bei Fieber sofort Wiedervorstellung“, „bei Krampfanfall: Midazolam nasal“
_ASKED_FOR = re.compile(
    r" ?(?:[:>]|.{0,60}\b(?:WV|Wiedervorst\w*|vorstell\w*|melden|sofort\w*|umgehend\w*|ggf|bitte|Notaufnahme|Kontrolle)\b)",
    re.IGNORECASE,
)
# „Bei Fieber > 39 sofort Wiedervorstellung“; not „Bei Nierenversagen wurde Metformin pausiert“
_IN_CASE_OF = re.compile(
    r"\W*bei\b(?!.*\b(?:wurden?|war(?:en)?|pausiert|abgesetzt|erfolgte?n?|ist|sind|zeigte\w*|bestand\w*|besteht|fand\w*|bekannt\w*)\b)",
    re.IGNORECASE | re.DOTALL,
)
# Words of doubt: a diagnosis of a list whose entry has none is not doubted because the entry above has one
_HEDGE = re.compile(
    r"\?|\b(?:V\. ?a\.?|a\. ?e\.?|z\. ?A\.?|D\.?D|D/D|DDx|p\.? ?r\.? ?n|b\. ?B|b\. ?Bed|bedarf\w*|as needed|"
    r"verd\w*|fragl\w*|mögl\w*|(?:un)?wahrsch\w*|vermut\w*|ehesten|hinweis\w*|vereinbar\w*|unklar\w*|risiko|risik\w*|proph\w*|"
    r"susp\w*|poss\w*|prob(?:\.|abl\w*)|(?:un)?likely|query|questionable|question of|apparent\w*|appear\w*|seem\w*|suggest\w*|"
    r"indeterminate|equivocal|presum\w*|believ\w*|think|thought|compatible|(?:in)?consistent|differential\w*|consider\w*|concern\w*|worr\w*|"
    r"fear of|known to cause|evaluat\w* for|(?:assess|look|screen\w*) for|risks?|versus|vs|may|might|could|cannot|can't|will|would|"
    r"r/o|rule\w*|ruling|exclu\w*|ausschl\w*|ausgeschl\w*|auszu\w*|no|not|nicht|kein\w*|\w*bestätig\w*|\w*confirm\w*|"
    r"if|falls|wenn|should|sollten?|wird|würde|oder|or|return|call|notify)\b",
    re.IGNORECASE,
)
# Words that deny something in a sentence; where it has none, a denial of the line above is that line's
_DENIAL = re.compile(
    r"\b(?:no|non\w*|not|nor|nk[dm]?a|nil|none|never|neither|neg(?:ative?)?|without|w/o|den(?:y|ies|ied|ying)|lack\w*|absen\w*|fail\w*|free|clear\w*|"
    r"normal\w*|intact|unremarkable|un\w+|ruled|excl\w*|resol\w*|gone|stop\w*|ceas\w*|disappear\w*|cannot|off|held|rather|"
    r"nein|nicht|kein\w*|ohne|nie|niemals|weder|noch|fehl\w*|frei|\w+los|verneint\w*|negiert\w*|ausgeschl\w*|ausschl\w*|schlie\w+|schloss\w*|"
    r"unauffällig\w*|o\. ?B\.?)\b|n't\b|[Øø∅]|^\W*[-–]\s",
    re.IGNORECASE,
)
# Before a finding that did not change, but is there: "no increase in the effusion", „keine Befundänderung der Zirrhose“
_UNCHANGED = re.compile(
    r"\b(?:no|without|not any|kein\w*|ohne)\s+(?:[\w-]+\s+){0,2}?(?:change|increase|decrease|progression|worsening|improvement|"
    r"\w*änderung|\w*zunahme|\w*abnahme|progress|\w*progredienz|verschlechterung|besserung|regredienz|rückgang)\s+"
    r"(?:(?:of|in|to|der|des|von|im|in|beim?)\s+)(?:[\w-]+\s+){0,2}\Z",
    re.IGNORECASE,
)
# What a denial of everything leaves out: "denies any complaints except for fatigue, malaise"
_EXCEPT = re.compile(
    r"\b(?:complaints?|symptoms?|problems?|concerns?|issues?|abnormalit\w+|Beschwerden|Symptome?|Klagen|Auffälligkeiten)\b[^,.;:\n]{0,20}?,? "
    r"(?:except(?:ing)?(?: for)?|other than|apart from|aside from|save for|with the exception of|"
    r"außer|bis auf|abgesehen von|mit Ausnahme (?:von|der|des|eine[rs])) (?P<list>[^:()\n]*)\Z",
    re.IGNORECASE,
)
# After which a time or place follows, and the list goes on with what is denied: "except after meals, vomiting"
_SOMETIMES = re.compile(
    r"(?:for )?(?:after|when|while|on|during|at|in|with|as|if|nach|bei|beim|im|in|am|wenn|unter|nachts|abends|occasional\w*|gelegentlich\w*)\b",
    re.IGNORECASE,
)
_AFTER_LISTED = re.compile(r"[,\n]")
# „wurde wegen Hyperkaliämie pausiert“: the reason is there
_REASON = re.compile(
    r"\b(?:wegen|aufgrund|infolge|because of|due to|owing to|in view of)\s+(?:(?:an?|the|her|his|einer?|eines|der|des|ihrer|seiner)\s+)?\Z",
    re.IGNORECASE,
)
# „bei Hyperkaliämie pausiert“: so is what a drug was stopped at
_AT = re.compile(r"\bbei\s+(?:(?:einer?|neuer|akuter)\s+)?\Z", re.IGNORECASE)
_STOPPED_AT = re.compile(
    r"\s+(?:\w+\s+)?(?:pausiert|abgesetzt|gestoppt|reduziert)\b", re.IGNORECASE
)
# „druckdolent, nicht geschwollen“: the denial is the next finding's
_NEXT_DENIED = re.compile(
    r", (?:aber |but )?(?:nicht|not) (?:geschwollen|gerötet|vergrößert|überwärmt|druckdolent|druckschmerzhaft|klopfschmerzhaft|schmerzhaft|"
    r"infiziert|verlegt|swollen|red|warm|tender|enlarged|painful|infected)\b",
    re.IGNORECASE,
)
_FREE_OF = re.compile(
    r"\b(?:frei|free|w/o|neg|denying|absence|lack\w*|ruled out|fehl\w*)\b", re.IGNORECASE
)


def of_finding(item: Item, sections: Sectioned) -> Item:
    """The finding with the assertion that the words around it tell for certain."""
    assert item.start is not None and item.end is not None
    report = sections.report
    told = _told(item, words_before(item.start, report), report)
    if told:
        return replace(item, assertion=told)
    if item.assertion == "possible" and _is_undoubted(item, sections):
        return replace(item, assertion="present")
    if item.assertion == "absent" and (
        _is_there(item.start, item.end, report) or _is_denied_above(item.start, sections)
    ):
        return replace(item, assertion="present")
    return item


def _told(item: Item, words: str, report: str) -> Assertion | None:
    """What the words right beside a finding say; ``words`` are those of its clause before it."""
    assert item.end is not None
    if _NOT_EXCLUDED.match(report, item.end) or _IF_NEEDED.search(words):
        return "possible"
    if item.assertion == "present" and (
        is_suspected(item, report) or _is_condition(item, words, report)
    ):
        return "possible"
    if item.assertion != "absent" and _NOT_FOUND.match(report, item.end):
        return "absent"
    if item.assertion == "possible" and _UNCONFIRMED.match(report, item.end):
        return "absent"
    return None


def is_suspected(item: Item, report: str) -> bool:
    assert item.end is not None
    return bool(_SUSPECTED.match(report, item.end) or _DOUBTED.match(item.text))


def _is_condition(item: Item, before: str, report: str) -> bool:
    """Whether a finding is what advice waits for."""
    part = re.split(r"[,;\n]", before)[-1].lower().split()
    is_case = part[:1] == ["bei"] and len(part) < 4
    return is_case and bool(_ASKED_FOR.match(report, item.end or 0, (item.end or 0) + NEAR))


def _is_undoubted(item: Item, sections: Sectioned) -> bool:
    """Whether nothing doubts a finding in its sentence, in the heading or in what leads to its list: "V. a." in the entry above is
    another's."""
    assert item.start is not None
    report, (first, last) = sections.report, sections.sentence(item.start)
    first, last = max(first, item.start - 2 * NEAR), min(last, item.start + 2 * NEAR)
    around = (report[first:last], leading_line(first, report), sections.heading(item.start))
    part = max(first, *(report.rfind(mark, first, item.start) for mark in ",;\n"))
    return not (_IN_CASE_OF.match(report[part:last]) or any(map(_HEDGE.search, around)))


def _is_denied_above(start: int, sections: Sectioned) -> bool:
    """Whether the line above denies something, and nothing in a finding's own line does: "No cough", then "Wheezing at night"."""
    report, (first, last) = sections.report, sections.sentence(start)
    line, _ = line_of(report, first)
    if line == 0 or report[line:first].strip() or last - first > 2 * NEAR:
        return False
    above = report[slice(*line_of(report, line - 1))].rstrip()
    if above.endswith((":", ",")) or not _DENIAL.search(above[-2 * NEAR :]):
        return False
    around = (report[first:last], leading_line(first, report), sections.heading(start))
    return not any(map(_DENIAL.search, around))


def _is_there(start: int, end: int, report: str) -> bool:
    """Whether what is denied is another finding, that the finding there changed, or what it is the reason of; or it is
    what the denial leaves out."""
    before = words_before(start, report)
    left_out = _EXCEPT.search(before)
    if left_out and NEGATION.search(before, 0, left_out.start()):
        listed = (
            left_out["list"] + report[start:end] + _AFTER_LISTED.split(words_after(end, report))[0]
        )
        return not (_SOMETIMES.match(listed) or NEGATION.search(listed) or _FREE_OF.search(listed))
    if _NEXT_DENIED.match(report, end):
        return not (NEGATION.search(before) or _FREE_OF.search(before))
    is_reason = _REASON.search(before) or (_AT.search(before) and _STOPPED_AT.match(report, end))
    return bool((is_reason and not NEGATION.search(before)) or _UNCHANGED.search(before))
