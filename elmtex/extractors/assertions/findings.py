"""Whether a finding is there: what is only suspected, or waited for, may be; what is denied beside it says nothing of it."""

from __future__ import annotations

import re
from dataclasses import replace

from elmtex.extractors.assertions.clauses import (
    NEAR,
    NEGATION,
    PART,
    between_marks,
    leading_line,
    words_after,
    words_before,
)
from elmtex.extractors.assertions.conditions import (
    begins_condition,
    comes_back_for,
    is_condition,
    is_if_needed,
    may_come,
    stays,
)
from elmtex.extractors.assertions.denials import is_denied
from elmtex.text.sections import Sectioned
from elmtex.types import Assertion, Item

# Behind a finding, at the end of its entry: "PSC, Verdacht", "sleep apnoea suspected", „Pneumonie?“
_SUSPECTED = re.compile(
    r"(?:[,;:]? ?[(\[]?(?:Verdacht|V\. ?a\.|suspected|fraglich)[)\]]?|\?) ?(?=[\n\r.,;)/]|\Z)",
    re.IGNORECASE,
)
# Right before it, with none but adjectives between: „V. a. nicht dislozierte Densfraktur“
_SUSPECTED_OF = re.compile(
    r"(?:\bV\. ?a\.|\b[Vv]erdacht auf|\bsuspi(?:cion|cious) (?:of|for)|\b[Ss]uspected) (?:(?:nicht|an?|eine?n?|[a-zäöüß]{3,}(?:e[nrsm]?|al|ar|ic|ed)) ){0,3}\Z"
)
_TO_EXCLUDE = re.compile(
    r"\W*(?:to )?(?:exclude|rule out|r/o) (?:(?:an?|any|the) )?\Z", re.IGNORECASE
)  # "Exclude TB."
_WITHOUT = re.compile(r"\bw/o (?:(?:any|evidence of) )?\Z", re.IGNORECASE)
# What is asked is another thing: „Ursache der Anämie?“
_ASKED_OF = re.compile(
    r"\b(?:Ursache|Genese|Verlauf|Progress|Staging|cause|a?etiology|source|management|follow-?up)\b(?: (?:der|des|von|bei|of|the|her|his|a|an)){0,3} \Z",
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
# What may stand between a finding and what is said of it; no other noun of its own
_BETWEEN = (
    r"(?: (?:is|was|were|ist|sind|war|waren|wurden?|kann|können|konnten?|sich|also|auch|aktuell|derzeit|klinisch|\w{3,}isch|\w{3,}ly|"
    r"beid\w+|bds\.|li\.|re\.|(?:in|im|am|of|der|des) [\w.-]{1,25})){0,4}"
)
# Behind a finding: "could not be palpated"; „nicht tastbar“; but "cannot be excluded", „nicht sicher auszuschließen“
_NOT_FOUND_WORDS = (
    r"nicht (?:(?:sicher|mehr) )?(?:tastbar|nachweisbar|darstellbar|auskultierbar|palpabel|feststellbar|erkennbar|sichtbar|"
    r"zu (?:sehen|tasten|hören|finden)|nachzuweisen|vorhanden)|n\. n\."
)
_NOT_FOUND = re.compile(
    rf":?{_BETWEEN} (?:(?:(?:is|was|are|were) not|(?:is|was|are|were)n['’]t) (?:identified|seen|detected|visuali[sz]ed|demonstrated|appreciated|palpable|observed|evident)|"
    rf"(?:could|can) ?not be (?:palpated|felt|seen|found|identified|detected|demonstrated|visuali[sz]ed|heard|appreciated)|"
    rf"{_NOT_FOUND_WORDS})\b",
    re.IGNORECASE,
)
# The item's own last words: „feuchte RG nicht auskultierbar“
_OWN_NOT_FOUND = re.compile(
    rf"(?P<finding>\S.*?)(?: (?:ist|sind|war|waren|klinisch|aktuell|derzeit))? {_NOT_FOUND_WORDS}",
    re.IGNORECASE,
)
# Its own first words: "interval change in 6 mm nodule"
_OWN_UNCHANGED = re.compile(
    r"(?:(?:significant|interval|appreciable|definite) )*(?:change|increase|decrease|progression|growth) (?:in|of) (?:the )?(?:size of (?:the )?)?"
    r"(?P<finding>.*(?:\d ?[mc]m\b|nodul|mass(?:es)?\b|lesion|effusion|aneurysm|cyst|opacit|h(?:a?e)matoma|fracture|stenosis|adenopathy|metasta).*)",
    re.IGNORECASE,
)
# What should be there: „Fußpulse nicht tastbar“ is a finding, "Milz nicht tastbar" a normal one
_SHOULD_BE = re.compile(
    r"\w*(?:puls\w*|reflexe?|geräusch\w*|aktion\w*|einsicht|tonus|milz|leber|nieren?|pankreas|blase|appendix|hoden)\b|A\. ",
    re.IGNORECASE,
)
# What denies all of a list, the last joint of which follows: „kein Anhalt für Stenosen, Ergüsse bzw. Metastasen“; and what ends one
_DENIES_LIST = re.compile(
    r"\b(?:kein\w*|ohne) (?:sicher\w* )?(?:Anhalt|Hinweise?|Nachweis|Zeichen|Anzeichen)(?: (?:für|auf|von|einer?s?|der|des))+|\b(?:no|without) (?:evidence|signs?|indication) (?:of|for)\b",
    re.IGNORECASE,
)
_OR = re.compile(
    r",? (?:oder|od\.|bzw\.|or|nor) (?!(?:li|re|links|rechts|left|right|[CLS]\d|des|der|dem|den|im|in|am|[IVX]+)\b)",
    re.IGNORECASE,
)
_NO_LIST = re.compile(
    r"[:();]|\b(?:aber|jedoch|sondern|but|however|mit|with|bei|ist|sind|wurden?|zeig\w*|is|was|were|are|shows?|has|had|have|he|she|dafür|nach|after|seit|since|due|wegen|"
    r"which|that|who|if|falls|wenn|except|außer|other|change\w*|\w*zunahme|increase\w*|\w*änderung|nur|only|just|than|als|mild\w*|leicht\w*|chroni\w*|known|bekannt\w*|"
    r"degenerativ\w*|old|alte[rsn]?)\b",
    re.IGNORECASE,
)
# Behind a finding that is still there: „Husten hat sich nicht gebessert“, "pain did not respond to ibuprofen"
_STILL = re.compile(
    r"(?: (?:is|was|were|has|have|had|did|does|could|ist|sind|war|waren|hat|haben|hatten?|konnten?|lie(?:ß|ss)(?:en)?|sich|sprach(?:en)?|spricht|sprechen"
    r"|(?:auf|trotz|ohne|unter) [\w-]+|bisher|bislang|noch|seither|seitdem|darunter)){0,6}"
    r" (?:nicht (?:mehr )?(?:auszuhalten|zu ertragen|erträglich|beherrschbar|kontrollierbar|kontrolliert|stillbar|gebessert|verbessert|besser|gelindert|nachgelassen"
    r"|rückläufig|abgeklungen|zurückgegangen|zurückgebildet|verschwunden|verändert|an(?=[.,;)\n]|\Z))"
    r"|(?:not|\w+n['’]t|by no means) (?:been )?(?:\w+ly )?(?:improv\w*|resolv\w*|subsid\w*|settl\w*|abat\w*|respond\w*|gone? away|chang\w*|controlled|relieved|better))\b",
    re.IGNORECASE,
)
# Before one that is there: „nicht nur Erbrechen, sondern auch“, "not aware of the fever"
_NOT_ONLY = re.compile(
    r"\b(?:nicht (?:nur|bloß|allein)|(?:ohne|kein\w*) Zweifel(?: an)?|(?:no|without(?: an?y?)?) doubt(?: about)?|not (?:only|just|merely)|(?:not (?:even )?|un)aware of (?:the|his|her))(?: (?:an?|the|eine?n?))? \Z",
    re.IGNORECASE,
)
_NOT_EXCLUDED = re.compile(
    rf"{_BETWEEN} (?:(?:(?:could|can) ?|is |was )not (?:be )?(?:\w+ )?(?:excluded|ruled out)|"
    r"nicht (?:\w+ ){0,2}(?:auszuschl\w*|ausgeschlossen|ausschließbar))",
    re.IGNORECASE,
)
# Behind a complaint, what it may come from: „Schwindel, DD BPLS“; not "PE, likely"
_MAYBE_BY = re.compile(
    r"(?P<what>[^,;.:?\n]{0,40})(?:,| [-–]|;) (?:DD|DDx|V\. ?a\.|Verdacht auf|am ehesten|a\. ?e\.|vermutlich|wahrscheinlich|i\. ?S\.|likely|probably|possibly|suspected) ?:? \w",
)
# What somebody is told of before an operation: „Besprochene Risiken: Blutung, Perforation“
_RISKS = re.compile(
    r"\b(?:Aufklärung|aufgeklärt|besproch\w+|erläutert\w*|mögliche|typische|discussed|explained|consent\w*|possible|potential)\b[^.;:\n]{0,40}\b(?:Risiken|Komplikationen|risks|complications)\b"
    r"[^.;:\n]{0,30}?(?::| wie| of| including| such as| \() ?"
    r"(?:(?!\b(?:given|in view|because|due|with|who|bei|angesichts|his|her|known|bekannt\w*)\b)[^.;:\n])*\Z",
    re.IGNORECASE,
)
# Words of doubt: a diagnosis of a list whose entry has none is not doubted because the entry above has one
_HEDGE = re.compile(
    r"\?|\+/-|\b(?:V\. ?a|a\. ?e|z\. ?A|i\. ?S|D\.?Ds?|D/D|DDx|p\.? ?r\.? ?n|b\. ?B|b\. ?Bed|bedarf\w*|as needed|"
    r"\w*verdacht\w*|verd\w*|fragl\w*|\w*frage\w*|mögl\w*|(?:un)?wahrsch\w*|vermut\w*|ehesten|hinweis\w*|vereinbar\w*|unklar\w*|risik\w*|proph\w*|"
    r"evtl|eventuell\w*|wohl|passend|im Sinne|Bild einer|spricht|sprechen|denkbar\w*|Arbeitsdiagnosen?|Aufklärung|Nebenwirkung\w*|achten|falle|auftreten|"
    r"susp\w*|poss\w*|prob(?:abl\w*)?|(?:un)?likely|query|question\w*|apparent\w*|appear\w*|seem\w*|suggest\w*|in keeping|favou?r\w*|perhaps|maybe|potential\w*|"
    r"indeterminate|equivocal|presum\w*|believ\w*|think|thought|compatible|(?:in)?consistent|differen[tz]i\w*|consider\w*|concern\w*|worr\w*|"
    r"(?:working|provisional|tentative) diagnosis|consent|complications (?:discussed|explained|include)|side effects|warning signs|watch|monitor\w*|prevent\w*|"
    r"await\w*|fear of|known to cause|evaluat\w* for|(?:assess|look|screen\w*|analys[ei]s|investigations?|test(?:s|ed|ing)?|work-?up) for|(?:under|with) the (?:impression|aspect) of|supposed(?! to\b)|likelihood|inconclusive|not conclusive|risks?|versus|vs|may|might|could|cannot|can't|will|would|"
    r"r/o|rule\w*|ruling|exclu\w*|ausschl\w*|ausgeschl\w*|auszu\w*|\w*bestätig\w*|\w*confirm\w*|"
    r"if|falls|wenn|should|sollten?|wird|würde|oder|or|call|notify|unsicher\w*|uncertain\w*|doubt\w*|"
    r"(?:nicht|not|no|kein\w*)(?: \S+){0,2} (?:gesichert|sicher|eindeutig\w*|abgeklärt|bewiesen|\w*proven|proof|definite|established|\w*nachweis))\b",
    re.IGNORECASE,
)
# Behind one that somebody has: „Zwangsgedanken dagegen wurden bejaht“
_AFFIRMED = re.compile(r"(?: (?:dagegen|hingegen|aber|jedoch|wird|wurden?|werden)){0,3} bejaht\b")
_KNOWN = re.compile(
    r"(?<!no )(?<!not )(?<!keine )(?<!nicht )(?<!kein )\b(?:known|bekannte?[nrsm]?|established|documented) (?:\w+ )?\Z",
    re.IGNORECASE,
)
# Before a finding that did not change, but is there: "no increase in the effusion", „keine Befundänderung der Zirrhose“
_UNCHANGED = re.compile(
    r"\b(?:no|without|not any|kein\w*|ohne)\s+(?:[\w-]+\s+){0,2}?(?:change|increase|decrease|progression(?! to\b)|worsening|improvement|"
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
    r"\s+(?:\w+\s+)?(?:pausiert|abgesetzt|gestoppt|reduziert|verzichtet)\b", re.IGNORECASE
)
# „druckdolent, nicht geschwollen“: the denial is the next finding's
_NEXT_DENIED = re.compile(
    r"[ \t]*(?:--+|—|//|>>|[*•]|(?<=[ \t])[-–])[ \t]*(?:no|without|kein\w*|ohne) (?!evidence|signs?\b|indication|history|longer|more|mehr|Nachweis|Anhalt|Hinweise?\b|\w*zeichen)[\w-]+|(?:/[\w-]+){0,4} ?\((?:kein\w*|no|ohne|without) (?!Nachweis|Anhalt|Hinweis|evidence|signs?\b)[\w-]+|, (?:aber |but )?(?:nicht|not) (?:geschwollen|gerötet|vergrößert|überwärmt|druckdolent|druckschmerzhaft|klopfschmerzhaft|schmerzhaft|"
    r"infiziert|verlegt|swollen|red|warm|tender|enlarged|painful|infected)\b",
    re.IGNORECASE,
)
# What is going is still there; what went is not: "Her dysarthria is resolving", „Die Schwellung war rückläufig“
_GOES = re.compile(
    r"(?: (?:is|was|were|ist|sind|war|waren|now|still|gradually|slowly|nun|langsam|wieder|gut|deutlich|inzwischen)){0,3}"
    r" (?:resolving|subsiding|abating|rückläufig)\b",
    re.IGNORECASE,
)
_GONE = re.compile(
    r" (?:(?:has|have|had|is|are|ist|sind|now|since|completely|nun|inzwischen|mittlerweile|vollständig|komplett|wieder|gut) ){1,4}(?:resolved|subsided|abgeklungen|verschwunden)\b",
    re.IGNORECASE,
)
_FREE_OF = re.compile(
    r"\b(?:frei|free|w/o|neg|denying|absence|lack\w*|ruled out|fehl\w*)\b", re.IGNORECASE
)


def of_finding(item: Item, sections: Sectioned, *, disease: bool = False) -> Item:
    """The finding with the assertion that the words around it tell for certain; ``disease``: it is no symptom."""
    assert item.start is not None and item.end is not None
    report = sections.report
    own = _OWN_NOT_FOUND.fullmatch(item.text)
    if own and not _SHOULD_BE.search(own["finding"]):
        end = item.start + own.end("finding")
        return replace(item, text=own["finding"], end=end, assertion="absent", mentions=())
    if item.assertion == "absent" and (change := _OWN_UNCHANGED.fullmatch(item.text)):
        start = item.start + change.start("finding")
        return replace(item, text=change["finding"], start=start, assertion="present", mentions=())
    told = _told(item, words_before(item.start, report), report, disease)
    if told:
        return replace(item, assertion=told)
    if item.assertion != "absent" and _is_of_denied_list(item, sections):
        return replace(item, assertion="absent")
    if item.assertion == "possible" and _is_undoubted(item, sections, disease):
        return replace(item, assertion="present")
    if item.assertion == "absent" and _is_there(item.start, item.end, report):
        return replace(item, assertion="present")
    if item.assertion == "absent" and not is_denied(item.start, item.end, sections):
        return replace(
            item, assertion="present" if _is_undoubted(item, sections, disease) else "possible"
        )
    return item


def _told(item: Item, words: str, report: str, disease: bool) -> Assertion | None:
    """What the words right beside a finding say; ``words`` are those of its clause before it."""
    assert item.end is not None
    unsure = _TO_EXCLUDE.match(words) or _NOT_EXCLUDED.match(report, item.end)
    if _WITHOUT.search(words):
        return "absent"
    if unsure or (not disease and is_if_needed(words)):
        return "possible"
    if item.assertion != "present" and _is_still_there(item, words, report):
        return "present"
    if item.assertion == "possible" and _KNOWN.search(words) and not is_suspected(item, report):
        return "present"
    if item.assertion != "present" and _AFFIRMED.match(report, item.end):
        return "present"
    if item.assertion == "present" and not disease and _GONE.match(report, item.end):
        return "absent"
    if item.assertion == "present" and comes_back_for(words):
        return "possible"
    if item.assertion == "present" and may_come(words):
        return None if stays(item.end, report) else "possible"
    doubted = _SUSPECTED_OF.search(words) or _RISKS.search(words)
    if item.assertion == "present" and (doubted or is_suspected(item, report)):
        return "possible"
    if item.assertion == "present" and not disease and is_condition(item, words, report):
        return "possible"
    not_found = item.assertion != "absent" and _NOT_FOUND.match(report, item.end)
    if not_found and not any(o.search(words) for o in (_REASON, _AT, _ASKED_OF)):
        return "absent"
    if item.assertion == "possible" and _UNCONFIRMED.match(report, item.end):
        return "absent"
    return None


def is_suspected(item: Item, report: str) -> bool:
    assert item.start is not None and item.end is not None
    if _DOUBTED.match(item.text):
        return True
    suspected = _SUSPECTED.match(report, item.end)
    return bool(suspected) and not _ASKED_OF.search(words_before(item.start, report))


def _is_still_there(item: Item, words: str, report: str) -> bool:
    """Whether what is denied is that a finding went, or that it is the only one."""
    assert item.end is not None
    if _NOT_ONLY.search(words):
        return True
    still = _STILL.match(report, item.end, item.end + NEAR)
    return bool(still) and not NEGATION.search(PART.split(words)[-1])


def _is_of_denied_list(item: Item, sections: Sectioned) -> bool:
    """Whether a word denies all of a list, in which something stands before or right behind the last "or"."""
    assert item.start is not None and item.end is not None
    report, (first, last) = sections.report, sections.sentence(item.start)
    denials = list(_DENIES_LIST.finditer(report, max(first, item.start - NEAR), item.start))
    if not denials:
        return False
    joint = _OR.search(report, item.start, min(last, item.end + NEAR))
    begin = denials[-1].end()
    if item.assertion == "possible" and "sicher" in denials[-1][0]:
        return False
    listed = report[begin : item.start]
    ends = [j.end() for j in _OR.finditer(listed)]
    if joint and not _NO_LIST.search(report, begin, joint.start()):
        return True
    return bool(ends) and ends[-1] == len(listed) and not _NO_LIST.search(listed)


def _is_undoubted(item: Item, sections: Sectioned, disease: bool) -> bool:
    """Whether nothing doubts a finding in its sentence, in the heading or in what leads to its list: "V. a." in the entry above is
    another's."""
    assert item.start is not None and item.end is not None
    report, (first, last) = sections.report, sections.sentence(item.start)
    first, last = max(first, item.start - 2 * NEAR), min(last, item.start + 2 * NEAR)
    first, last = between_marks(item.start, item.end, first, last, report)
    if not disease and (causes := _MAYBE_BY.match(report, item.end, last)):
        last = causes.end("what")
    around = (report[first:last], leading_line(first, report), sections.heading(item.start))
    part = report[max(first, *(report.rfind(mark, first, item.start) for mark in ",;\n")) : last]
    return not (
        begins_condition(part)
        or NEGATION.search(PART.split(part)[0])
        or any(map(_HEDGE.search, around))
    )


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
    if _GOES.match(report, end):
        return not any(said.search(before) for said in (NEGATION, _FREE_OF, _HEDGE))
    is_reason = _REASON.search(before) or (_AT.search(before) and _STOPPED_AT.match(report, end))
    return bool((is_reason and not NEGATION.search(before)) or _UNCHANGED.search(before))
