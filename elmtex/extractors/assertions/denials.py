"""Whether anything denies what was read as absent. "Wheezing at night" below "No cough" is there: nothing in its own line, in its
heading, or in the line that leads to its list says otherwise."""

from __future__ import annotations

import re

from elmtex.extractors.assertions.clauses import (
    NEAR,
    NEGATION,
    between_marks,
    leading_line,
    lines_above,
    list_entry,
)
from elmtex.text.rows import line_of
from elmtex.text.sections import Sectioned

# What a sentence says of a drug that is not taken
NOT_TAKEN = re.compile(
    r"\b(?:no|not|nil|none|never|without|stop\w*|paus\w*|interrupt\w*|terminat\w*|unterbr[aeo]ch\w*|held|hold\w*|withh\w+|discontinu\w*|cease\w*|suspend\w*|off|"
    r"declin\w*|refus\w*|avoid\w*|contraindic\w*|allerg\w*|intoleran\w*|den(?:y|ies|ied)|end(?:ed|s)?|complet\w*|until|"
    r"absetz\w*|abgesetzt|pausier\w*|gestoppt|beend\w*|ausgeschl\w*|kein\w*|nicht|nie|ohne|entf\w+|bis|lehn\w*|verweiger\w*|"
    r"kontraindiz\w*|unverträgl\w*|withdr\w*|remov\w*|taper\w*|wean\w*|replac\w*|switch\w*|instead|lack\w*|absence|ersetzt|umgestellt|ausgeschlichen|statt|verzicht\w*|"
    r"zugunsten|vermeid\w*|vermieden|former\w*|previous\w*|past|ehemal\w*|früher\w*|d/?c|ex|0-0-0|abges|gestrichen|finished|abgebrochen|abgelehnt|ausgesetzt|weggelassen|zuvor|rather|used to|ran out)\b|n['’]t\b",
    re.IGNORECASE,
)
_LONGEST = 2 * NEAR  # characters of a line; a longer one is prose, which denies in many ways
_STEMS = (
    "absorbed absprache aborted ameliorat normaliz recovered reversed unavail abgegrenzt ablehn ausgetauscht ausgelaufen bestritten cannot convert contracts deeskal dement denial denying ersetz false falsch forgo fehlend "
    "impossib inop gewechselt wechsel umgesetzt oralis transition nirgend nothing nichts nowhere nihil obsolet overdue precluded prior storniert unerw unfit unlass unmögl "
    "unremark unterblieb unterlass vorbehand vormals vorher erübrig "
    "abgebaut abgebla abgeheilt abgekl abgera abgesag abgesehen abges absen abstinen abwesen against ausschl auszuschl averted bestreit cancel clear "
    "contraind cured decli defer diminish disapp distanz drop dwind entbehr entfern entkräft erspar exchang exclu fade fail fehl forb frei gegen gemied "
    "gebessert gescheitert gestrichen gezogen hätte heal keinerlei kontraind lost meide miss neg normalis omi outgr postpone prohibit rausgen rejected "
    "resolv rückgebild rückläuf settle sistier skip subsid superfl surviv tolerat umstell unab unauff unnec untena unwis unlik unwahr vanish verbiet verbot vergess verschob verschw "
    "vertrag verwehr verworf vorbei weglass widerleg zurück"
)
_WORDS = (
    "ab abandoned abl advised any as aus change changed cured dc dissuaded dnr few free given gone hardly hypothetical improbable kaum leer "
    "left little loss missing n negativ nein neither nka nkda nkma noch out preferred prevented quit reluctant rule ruled stattdessen "
    "turned un w/o weder weg went would zuletzt"
)
_DENIAL = re.compile(
    rf"{NEGATION.pattern}|{NOT_TAKEN.pattern}|\b(?:{'|'.join(_STEMS.split())})|\b(?:{'|'.join(_WORDS.split())})\b"
    r"|(?<![-\w])resolution of|(?<!partially )\brelieved\b(?! by)|[Øø∅☐□❏◻]|\[ ?\]|\( ?[-–−]? ?\)|(?<!\w)[-–−](?!\w| ?\?)|(?<!\S)[-–−](?=\w)|(?<![\d.,/½-])0(?:/(?:4|6|10)\b|(?![\d/%-]|[.,]\d))|\.{3,}"
    r"|\./\.|[:\t] ?/\s*$|[→✗✘❌○◯⬜]|\b(?:does|did|do|is|was|has|had|would|could)nt\b|\bd/?ce?d\b|\br/o|\b(?:KI|cave)\b|\blow (?:\w+ )?suspicion"
    r"|\w(?:allergie|unverträglichkeit|pause|verzicht)\b|(?-i:\b[kK]\. ?(?=[A-ZÄÖÜ])|\bo\. ?(?=[A-ZÄÖÜ]|B\b)|\b[koKO]\.? ?A\.? f)"
    r"|(?:19|20)\d\d ?[-–] ?(?:19|20)\d\d|\d\.\d{1,2}\.(?:\d{2,4})? ?[-–] ?\d",
    re.IGNORECASE,
)
_MARK = re.compile(r"\s*(?:[-*•·–]\s+|\d{1,2}[.)]\s+|\|)*")
# Where a line begins with a plus, a dash is a minus
_PLUS = re.compile(r"^[ \t]*\+", re.MULTILINE)
# Above a list, without a colon: "Denies", "No evidence of", "Patient denies the following", „Abgesetzte Medikamente“
_HEADS = re.compile(
    rf"(?:{NEGATION.pattern}|\b(?:of|for|following|auf|für|wurden|symptom\w*|negatives?|absent|denied|vorhanden|medi[ck]a(?:tion|ment)\w*))\W*\Z",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r":\s*(?:noch )?(?:no|none|never|nein|nie|negative?|negativ)\W*\Z", re.IGNORECASE
)
_SIBLING = 4  # words at most


def is_denied(start: int, end: int, sections: Sectioned) -> bool:
    """Whether anything can deny ``report[start:end]``: a word, a sign or an answer, in its line and sentence or above them.

    Examples:
        >>> report = "No cough\\nWheezing at night\\nFever: -"
        >>> sections = Sectioned.of(report)
        >>> [is_denied(report.index(w), report.index(w) + 5, sections) for w in ("cough", "Wheez", "Fever")]
        [True, False, True]
    """
    report, (first, last) = sections.report, sections.sentence(start)
    line, line_end = list_entry(start, report) or line_of(report, start)
    if line_end - line > _LONGEST:
        return True
    begin, stop = min(line, max(first, start - NEAR)), max(line_end, min(last, end + NEAR))
    own = report[slice(*between_marks(start, end, begin, stop, report))]
    above = _line_above(start, report)
    if _ANSWER.search(above):
        above = ""
    if (own.lstrip()[:1].islower() and above) or (_HEADS.search(above) and _DENIAL.search(above)):
        return True
    signed = _PLUS.search(report, max(0, line - _LONGEST), line_end + _LONGEST)
    mark = None if signed else _MARK.match(own)
    own = own[mark.end() :] if mark else own
    return any(map(_DENIAL.search, (own, leading_line(start, report), sections.heading(start))))


def _line_above(start: int, report: str) -> str:
    """The line above a list in which something stands: above those that have a mark or are as short."""
    above = ""
    for above in lines_above(start, report):
        mark = _MARK.match(above)
        if _HEADS.search(above) or not ((mark and mark.end()) or len(above.split()) <= _SIBLING):
            break
    return above
