"""Assertions that the program decides, where words tell them for certain: advice under a condition is possible, what was
refused absent, what is only suspected possible, and a drug of a list is not stopped because the next one is."""

from __future__ import annotations

import re
from dataclasses import replace

from elmtex.schema import Category
from elmtex.text.form_field import answered
from elmtex.text.normalisation import sentences
from elmtex.text.rows import line_of
from elmtex.text.sections import Sectioned
from elmtex.types import Item

_DIGIT = re.compile(r"\d")
# Advice under a condition: "Return if you develop fever", „Bitte melden, falls ...“
_ADVICE = re.compile(
    r"(?:please |bitte )?(?:return|re-?turn|call|ring|come|contact|see|seek|go|present|re-?attend|attend|report|notify|"
    r"wieder\w+|sofort\w*|rückkehr|vorstellung|melden|rufen|kommen|suchen)\b.*\b(?:if|should|when|falls|wenn|sollten?)\b",
    re.IGNORECASE | re.DOTALL,
)
# A clause in which a treatment or test was not wanted, or a result was not had
_REFUSED = re.compile(
    r"\blehn(?:t|te|ten|en)\b.*\bab\b|\bverweiger\w+|\babgelehnt\b|\bnicht (?:ge|er)wünscht\b",
    re.DOTALL,
)
_REFUSED_BEFORE = re.compile(r"\blehn\w+\b.*\bab\b|\babgelehnt\b|\bnicht (?:ge|er)wünscht\b", re.DOTALL)
_NOT_HAD = re.compile(
    r"\bnot (?:noted|done|measured|performed|obtained|available|taken|reported)\b|\bha?emolysed\b|\binsufficient\b|"
    r"\bnicht (?:bestimmt|bestimmbar|gemessen|messbar|durchgeführt|erhoben|abgenommen|verwertbar)\b|\bhämolytisch\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"\b(?:pending|outstanding|awaited|to follow|ausstehend|steht (?:noch )?aus|folgt)\b", re.IGNORECASE
)
# Behind a test or treatment: "Bronchoscopy cancelled", „Mammographie: noch nie“, „cMRT wegen Schrittmacher nicht durchführbar“
_NOT_DONE = re.compile(
    r"[:,]? ?(?:[^,.;:\n]{0,60} )?(?:not (?:performed|done|possible|carried out|undertaken|indicated|tolerated)|cancelled|"
    r"(?:noch )?nicht (?:durchführbar|durchgeführt|möglich|erfolgt|indiziert|erforderlich|notwendig|toleriert))\b"
    r"|: (?:never|noch nie|nie)\b",
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
    r" ?(?:[:>]|.{0,60}\b(?:WV|Wiedervorst\w*|vorstell\w*|melden|sofort\w*|umgehend\w*|ggf|bitte|Notaufnahme|Kontrolle)\b)", re.IGNORECASE
)
_CLAUSE = re.compile(r"[;!?](?=\s|\Z)|\n\s*\n")
_CLAUSE_LENGTH = 200  # characters of a clause that are looked at on either side
# Behind a finding, at the end of its entry: "PSC, Verdacht", "sleep apnoea suspected", „Pneumonie?“
_SUSPECTED = re.compile(
    r"(?:[,;:]? ?[(\[]?(?:Verdacht|V\. ?a\.|suspected|fraglich)[)\]]?|\?) ?(?=[\n\r.,;)/]|\Z)",
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
# What is not known yet: „Hepatitis-Serologie ausstehend“
_AWAITED = re.compile(
    r"[ \t]+(?:(?:ist|sind|noch|is|are|still|derzeit|currently)\s+){0,3}"
    r"(?:ausstehend|steht (?:noch )?aus|stehen (?:noch )?aus|pending|outstanding|awaited)\b",
    re.IGNORECASE,
)
# By which something else was ruled out: „mittels Szintigraphie ausgeschlossen“
_BY = re.compile(
    r"\b(?:mittels|mithilfe|durch|per|anhand|in der|im|via|using)\s+(?:\S+/|\w+\s)?\Z",
    re.IGNORECASE,
)
_RULED_OUT = re.compile(r"\s+(?:\w+\s+)?(?:ausgeschlossen|excluded|ruled out)\b", re.IGNORECASE)
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
# „Atorvastatin (zuvor Simvastatin)“, „statt Tiotropium“; not „wie zuvor Metoprolol“
_FORMER = re.compile(
    r"(?<!\bwie )(?<!\bas )\b(?:zuvor|statt|anstelle von|anstatt|previously|formerly|instead of)\s\Z",
    re.IGNORECASE,
)
# What a line of drugs begins with that are not taken: "Stopped: ibuprofen, lorazepam 1 mg"
_LABEL = re.compile(
    r"[ \t]*(?:[-*•+·][ \t]*)?(?:neu )?(?:abgesetzt|pausiert|gestoppt|beendet|stopped|discontinued|paused|on hold|held|ceased)[ \t]*:"
    r"(?P<drugs>[^:;\n]*)\Z",
    re.IGNORECASE,
)
_TO_AVOID = re.compile(r"\s+(?:bitte\s+|zu\s+)?(?:ver)?meiden\b", re.IGNORECASE)
_TAKES_UP = re.compile(
    r"\.\s|\b(?:start\w*|continu\w*|weiter\w*|neu|new|begonnen|begun)\b", re.IGNORECASE
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
# Words of doubt: a diagnosis of a list whose entry has none is not doubted because the entry above has one
_HEDGE = re.compile(
    r"\?|\b(?:should|sollten?|wenn|p\.? ?r\.? ?n|as needed|b\. ?B|b\. ?Bed|bed?arf\w*|risks?|risik\w*|DDx|D\.D|prophyla\w*|proph|evaluat\w* for|assess for|look for|questionable|"
    r"suggest\w*|believ\w*|compatible|(?:in)?consistent|vereinbar\w*|hinweis\w*|worr\w*|appear\w*|seem\w*|indeterminate|apparent\w*|think|thought|cannot|can't|"
    r"wait\w*|return|screen\w*|if|notify|call|wird|würde|will|would|V\. ?a\.?|a\. ?e\.?|z\. ?A\.?|DD|D/D|verd\w*|fragl\w*|mögl\w*|(?:un)?wahrsch\w*|vermut\w*|ehesten|susp\w*|poss\w*|prob\w*|"
    r"(?:un)?likely|query|r/o|rule\w*|ruling|exclu\w*|differential\w*|consider\w*|concern\w*|versus|vs|may|might|could|risk|risiko|falls|if|"
    r"oder|or|no|not|nicht|kein\w*|\w*bestätig\w*|\w*confirm\w*|ausschl\w*|ausgeschl\w*|auszu\w*|unklar\w*|presum\w*|equivocal)\b",
    re.IGNORECASE,
)
# „RR-Ziel < 140/90 mmHg“, "BP goal < 130/80"
_GOAL = re.compile(
    r"(?:\w+[- ]){0,2}(?:Ziel(?:wert\w*|bereich)?|goal|target)\b\s*(?:of|von|unter|below|[:<>≤≥]|\d)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:no|not|nor|without|den(?:y|ies|ied)|never|negative|kein\w*|nicht|ohne|nie|verneint\w*|ausschlu\w+|weder)\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:(?:was|were|had|has|have|done|performed|showed|revealed|completed|since|wurden?|erfolgte?n?|durchgeführt|ergab|zeigte)\b|"
    r"continue\w*|weiter\w*|fortg\w+|fortf\w+|am \d)",
    re.IGNORECASE,
)
# „Bei Fieber > 39 sofort Wiedervorstellung“; not „Bei Nierenversagen wurde Metformin pausiert“
_IN_CASE_OF = re.compile(
    r"\W*bei\b(?!.*\b(?:wurden?|war(?:en)?|pausiert|abgesetzt|erfolgte?n?|ist|sind|zeigte\w*|bestand\w*|besteht|fand\w*|bekannt\w*)\b)",
    re.IGNORECASE | re.DOTALL,
)
_ENTRIES = 20  # lines of a list that are looked at
_ENTRY = re.compile(r"[ \t]*(?:[-*•+·>]|\(?\d{1,2}[.)]|\|)?[ \t]*")
_COMMA = re.compile(r"[,;](?!\d)")
_AFTER_COMMA = re.compile(r"(?:[,;:]|\band|\bund)\s*\Z")
_NOT_TAKEN = re.compile(
    r"\b(?:no|not|nil|none|never|without|stop\w*|paus\w*|interrupt\w*|terminat\w*|unterbr[aeo]ch\w*|held|hold\w*|withh\w+|discontinu\w*|cease\w*|suspend\w*|off|"
    r"declin\w*|refus\w*|avoid\w*|contraindic\w*|allerg\w*|intoleran\w*|den(?:y|ies|ied)|end(?:ed|s)?|complet\w*|until|"
    r"absetz\w*|abgesetzt|pausier\w*|gestoppt|beend\w*|ausgeschl\w*|kein\w*|nicht|nie|ohne|entf\w+|bis|lehn\w*|verweiger\w*|"
    r"kontraindiz\w*|unverträgl\w*|withdr\w*|remov\w*|taper\w*|wean\w*|replac\w*|switch\w*|instead|lack\w*|absence|ersetzt|umgestellt|ausgeschlichen|statt|verzicht\w*|"
    r"zugunsten|vermeid\w*|vermieden|former\w*|previous\w*|past|ehemal\w*|früher\w*|d/?c|ex|abgebrochen|abgelehnt|ausgesetzt|weggelassen|zuvor|rather|used to|ran out)\b|n't\b",
    re.IGNORECASE,
)


def asserted(item: Item, category: Category, sections: Sectioned) -> Item:
    """The item with the assertion that the words around it tell for certain; else as it is."""
    item, report = denied(conditional(item), category, sections.report), sections.report
    if item.start is None or item.end is None:
        return item
    is_test = category.fhir.resource == "Procedure"
    if not category.only and not category.fhir.quantity:
        if told := answered(report, item.start, item.end, tested=is_test):
            return replace(item, assertion=told)
    section = sections.kind(item.start)
    before = _before(item.start, report)
    match category.fhir.resource, item.assertion:
        case "Condition" | "AllergyIntolerance", "present" if _is_suspected(item, report):
            return replace(item, assertion="possible")
        case "Condition", "present" | "absent" if _IF_NEEDED.search(before):
            return replace(item, assertion="possible")
        case "Condition", "present" if _is_condition(item, before, report):
            return replace(item, assertion="possible")
        case "Condition", "present" | "absent" if _NOT_EXCLUDED.match(report, item.end):
            return replace(item, assertion="possible")
        case "Condition", "present" | "possible" if _NOT_FOUND.match(report, item.end):
            return replace(item, assertion="absent")
        case "Procedure", "present" if _NOT_DONE.match(report, item.end):
            return replace(item, assertion="absent")
        case "Observation", "present" if category.fhir.quantity and _GOAL.match(item.text):
            return replace(item, assertion="possible")
        case "Procedure", "present" | "absent" if _AWAITED.match(report, item.end):
            return replace(item, assertion="possible")
        case "Procedure", "absent" if _rules_another_out(item, report):
            return replace(item, assertion="present")
        case "Condition", "possible" if _UNCONFIRMED.match(report, item.end):
            return replace(item, assertion="absent")
        case "Condition", "possible" if _is_undoubted(item, sections):
            return replace(item, assertion="present")
        case "Condition", "absent" if _is_there(item.start, item.end, report):
            return replace(item, assertion="present")
        case "MedicationStatement", "present" if _is_former(item, report):
            return replace(item, assertion="absent")
        case "Procedure", "present" if section == "plan" and not _DONE.search(
            _clause(item, report)
        ):
            return replace(item, assertion="possible")
        case "MedicationStatement", "present" if _is_advised(item, sections):
            return replace(item, assertion="possible")
        case "MedicationStatement", "absent" if _is_taken(item, sections):
            return replace(item, assertion="present")
    return item


def _is_condition(item: Item, before: str, report: str) -> bool:
    """Whether a finding is what advice waits for."""
    part = re.split("[,;]", before)[-1].lower().split()
    is_case = part[:1] == ["bei"] and len(part) < 4
    return is_case and bool(_ASKED_FOR.match(report, item.end or 0, (item.end or 0) + _CLAUSE_LENGTH))


def _is_suspected(item: Item, report: str) -> bool:
    assert item.end is not None
    return bool(_SUSPECTED.match(report, item.end) or _DOUBTED.match(item.text))


def _is_undoubted(item: Item, sections: Sectioned) -> bool:
    """Whether nothing doubts a finding in its sentence, in the heading or in what leads to its list: "V. a." in the entry above is
    another's."""
    assert item.start is not None
    report, (first, last) = sections.report, sections.sentence(item.start)
    first, last = max(first, item.start - 2 * _CLAUSE_LENGTH), min(last, item.start + 2 * _CLAUSE_LENGTH)
    around = (report[first:last], _leading(first, report), sections.heading(item.start))
    part = max(first, *(report.rfind(mark, first, item.start) for mark in ",;"))
    return not (_IN_CASE_OF.match(report[part:last]) or any(map(_HEDGE.search, around)))


def _leading(start: int, report: str) -> str:
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


def _rules_another_out(item: Item, report: str) -> bool:
    """Whether a test is what something else was ruled out by."""
    assert item.start is not None and item.end is not None
    return bool(_BY.search(_before(item.start, report)) and _RULED_OUT.match(report, item.end))


def _is_advised(item: Item, sections: Sectioned) -> bool:
    """Whether a drug under recommendations is one of them: nothing up to the next comma says that it is taken already."""
    assert item.start is not None and item.end is not None
    if not _ADVISED.search(sections.heading(item.start)):
        return False
    before, after = _before(item.start, sections.report), _after(item.end, sections.report)
    clause = before + item.text + after.split(",")[0]
    return not (_DONE.search(clause) or _TAKEN.search(clause) or _SCHEME.search(clause))


def _is_former(item: Item, report: str) -> bool:
    """Whether the words around a drug say that it was another one's forerunner, is stopped like its neighbours, or to be avoided."""
    assert item.start is not None and item.end is not None
    first, _ = line_of(report, item.start)
    near = item.start - first < _CLAUSE_LENGTH
    label = _LABEL.match(report, first, item.start) if near else None
    if label and not _TAKES_UP.search(label["drugs"]):
        return True
    before = _before(item.start, report)
    return bool(_FORMER.search(before) or _TO_AVOID.match(report, item.end))


def _is_taken(item: Item, sections: Sectioned) -> bool:
    """Whether the words that made a drug absent are said of another one."""
    assert item.start is not None
    switched_to = _is_switched_to(item, sections.report)
    return switched_to or _is_listed(item.start, sections) or _is_of_next_sentence(item, sections)


def _is_of_next_sentence(item: Item, sections: Sectioned) -> bool:
    """Whether the sentence before a drug's says of another one that it is not taken, and the drug's own does not."""
    assert item.start is not None and item.end is not None
    report = sections.report
    first, last = line_of(report, item.start)
    first, last = max(first, item.start - 2 * _CLAUSE_LENGTH), min(last, item.end + _CLAUSE_LENGTH)
    spans = [(first + a, first + b) for a, b in sentences(report[first:last])]
    own = next(n for n, (_, end) in enumerate(spans) if item.start < end)
    if own == 0 or sections.kind(item.start) == "allergies":
        return False
    before, sentence = (report[slice(*spans[n])] for n in (own - 1, own))
    return bool(_NOT_TAKEN.search(before)) and not _NOT_TAKEN.search(sentence)


def _is_switched_to(item: Item, report: str) -> bool:
    assert item.start is not None and item.end is not None
    before, after = _before(item.start, report), _after(item.end, report).split(",")[0]
    if not _SWITCHED_TO.search(before) or _OTHER_TO.search(before):
        return False
    clause = before + after
    return bool(_SWITCHED.search(clause)) and not (
        _NEGATION.search(clause) or _REFUSED.search(clause)
    )


def _is_there(start: int, end: int, report: str) -> bool:
    """Whether what is denied is another finding, that the finding there changed, or what it is the reason of; or it is
    what the denial leaves out."""
    before = _before(start, report)
    left_out = _EXCEPT.search(before)
    if left_out and _NEGATION.search(before, 0, left_out.start()):
        listed = left_out["list"] + report[start:end] + _AFTER_LISTED.split(_after(end, report))[0]
        return not (_SOMETIMES.match(listed) or _NEGATION.search(listed) or _FREE_OF.search(listed))
    if _NEXT_DENIED.match(report, end):
        return not (_NEGATION.search(before) or _FREE_OF.search(before))
    is_reason = _REASON.search(before) or (_AT.search(before) and _STOPPED_AT.match(report, end))
    return bool((is_reason and not _NEGATION.search(before)) or _UNCHANGED.search(before))


def _before(start: int, report: str) -> str:
    """The clause's words before something."""
    text = report[max(0, start - _CLAUSE_LENGTH) : start]
    spans = sentences(text + report[start : start + 1])  # what ends right before it is another one
    return _CLAUSE.split(text[spans[-1][0] :])[-1]


def _after(end: int, report: str) -> str:
    text = report[end : end + _CLAUSE_LENGTH]
    first = sentences(text)[:1]
    return _CLAUSE.split(text[: first[0][1]] if first else text)[0]


def _clause(item: Item, report: str) -> str:
    assert item.start is not None and item.end is not None
    return _before(item.start, report) + item.text + _after(item.end, report)


def _is_listed(start: int, sections: Sectioned) -> bool:
    """Whether a drug that begins there heads an entry of a list of drugs, in which nothing says that it is not taken:
    "Metformin STOPPED" in the next line is another's."""
    if sections.kind(start) != "medication":
        return False
    report = sections.report
    first, last = line_of(report, start)
    if entry := _entry(start, report):
        first, last = entry
    else:  # one of several in a line, with a dose of its own: "Amlodipin 5 mg 1-0-0, HCT pausiert"
        rest = _COMMA.split(report[start:last])[0]
        if not _AFTER_COMMA.search(report, first, start) or not _DIGIT.search(rest):
            return False
        if _NOT_TAKEN.search(report, first, max(report.rfind(":", first, start), first)):
            return False  # "Paused: HCT 12.5 mg, ramipril 5 mg"
        first, last = start, start + len(rest)
    heading = sections.heading(start)
    return not _NOT_TAKEN.search(report, first, last) and not _NOT_TAKEN.search(heading)


def _entry(start: int, report: str) -> tuple[int, int] | None:
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


def conditional(item: Item) -> Item:
    """The item, possible where it is advice for a case that has not come: "Return if you develop fever"."""
    if item.assertion == "present" and _ADVICE.match(item.text):
        return replace(item, assertion="possible")
    return item


def denied(item: Item, category: Category, report: str) -> Item:
    """The item, absent where it is a treatment or test that was refused, „Eine Operation lehnte er ab“, or a result that
    was not had: "platelets not noted"."""
    if item.assertion != "present" or item.start is None or item.end is None:
        return item
    resource = category.fhir.resource
    if resource in ("Procedure", "MedicationStatement"):
        before = _before(item.start, report)
        closed = max((m.end() for m in _REFUSED_BEFORE.finditer(before)), default=0)
        refused = _REFUSED.search(before[closed:] + item.text + _after(item.end, report))
        return replace(item, assertion="absent") if refused else item
    if category.fhir.quantity and not _DIGIT.search(item.text):
        result = item.text + _after(item.end, report).split(",")[0].split("\n")[0]
        if _NOT_HAD.search(result):
            return replace(item, assertion="absent")
        if _NOT_YET.search(result):
            return replace(item, assertion="possible")
    return item
