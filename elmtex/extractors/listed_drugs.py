"""The drugs of a list: an entry under "Medications" that the model left out, and what is no entry but how one is taken."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from elmtex.extractors.assertions.drugs import NOT_TAKEN
from elmtex.text.sections import Sectioned
from elmtex.types import Item

# How a drug is taken, without its name: "20 mg p.o. daily", "INHALE 2 PUFFS", "Tablet Delayed Release", "23Jul2010"
_FORM = (
    r"(?:aerosol|capsules?|caps?|cream|drops?|gel|injections?|lotion|ointment|oral|patch(?:es)?|powder|puffs?|solution|spray|suspension|syrup|tablets?|tabs?|units?"
    r"|feeds?|feedings?|foods?|(?:delayed|extended|immediate) release|filmtabletten?|hübe?|kapseln?|salbe|spritzen?|tabletten?|tbl|tropfen|einheiten|ie|iu"
    r"|m?c?g|µg|m?l|m?eq|mmol|mval|kg|d|h|hours?|days?|weeks?|std|stunden|tage?n?)"
)
_HOW = (
    r"(?:apply|inhale|inject|instill|place|take|use|nimm|p\.? ?o|per os|i\.? ?v|s\.? ?c|i\.? ?m|sl|prn|q\.? ?\d{1,2} ?h|q\.? ?h\. ?s|[bt]\.? ?i\.? ?d|q\.? ?i\.? ?d|qd"
    r"|daily|once|twice|every|each|morning|evening|night|nightly|bedtime|weekly|continuous(?:ly)?|empiric(?:al(?:ly)?)?|intravenous(?:ly)?|nebuli[sz]ed|subcutaneous(?:ly)?|topical(?:ly)?|at|as|for|more|times|then|directed|needed|täglich|tgl|morgens|abends|mittags|nachts|bei bedarf|a|per|the|x)"
)
_NO_NAME = re.compile(
    rf"(?:(?:{_FORM}|{_HOW}|\d{{1,2}}[A-Z][a-z]{{2}}\d{{4}}|\d[\d.,/-]*(?:{_FORM})?)(?![^\W_])[\s.,;:/()-]*)+",
    re.IGNORECASE,
)
# An entry's name, at its line's end or before a number: "5. Soma.", "- Coreg 3.125 mg b.i.d."
_ENTRY = re.compile(
    r"^[ \t]*(?:\d{1,2}[.)]|[-*•+·–])[ \t]*"
    r"(?P<drug>(?!(?i:no|none|not|nil|see|as|per|all|any|same|home|other|continue|keine?|siehe|wie)\b)[A-ZÄÖÜ][\w'-]{2,}(?: [\w'-]*[^\W\d_]){0,2}(?: \d[^;:()\r\n]{0,80}?)?)[ \t.,;]*\r?$",
    re.MULTILINE,
)


def is_named(text: str) -> bool:
    """Whether an item's words can name a drug.

    Examples:
        >>> [is_named(text) for text in ("ASS 100 mg", "20 mg p.o. daily", "Vitamin B12", "INHALE 2 PUFFS")]
        [True, False, True, False]
    """
    return not _NO_NAME.fullmatch(text)


def with_listed(
    drugs: tuple[Item, ...], others: Iterable[Item], sections: Sectioned
) -> tuple[Item, ...]:
    """The drugs; an entry of a list of drugs in which nothing was found is one, as sure as the least sure one of its section.

    Args:
        drugs: those that were found.
        others: the items of the other categories.
        sections: the report and its headings. Entries count below a heading of medication below which a drug was found.

    Examples:
        >>> report = "Medications:\\n1. Tylenol.\\n2. Soma."
        >>> [drug.text for drug in with_listed((Item("Tylenol", 16, 23),), (), Sectioned.of(report))]
        ['Tylenol', 'Soma']
    """
    entries = [
        (section, entry)
        for section in sections.sections
        if section.kind == "medication" and not NOT_TAKEN.search(sections.heading(section.start))
        for entry in _ENTRY.finditer(sections.report, *section.body)
        if not NOT_TAKEN.search(entry[0])
    ]
    if not entries or not drugs:
        return drugs
    spans = sorted((i.start, i.end or 0) for i in (*drugs, *others) if i.start is not None)
    starts = [start for start, _ in spans]
    ends = list(accumulate((end for _, end in spans), max))  # of all that begin up to there

    def is_free(start: int, end: int) -> bool:
        before = bisect_left(starts, end)
        return before == 0 or ends[before - 1] <= start

    found = sorted((i for i in drugs if i.start is not None), key=lambda item: item.start or 0)
    new = list[Item]()
    for section, entry in entries:
        first, last = (bisect_left(found, at, key=lambda i: i.start or 0) for at in section.body)
        if first < last and is_free(*entry.span()):
            sure = [i.confidence for i in found[first:last] if i.confidence is not None]
            words = entry["drug"], *entry.span("drug")
            new.append(Item(*words, confidence=min(sure, default=None)))
    return tuple(sorted((*drugs, *new), key=lambda item: item.start or 0)) if new else drugs
