"""The drugs of a list: entries under "Medications" that the model left out, and words that only say how a drug is taken."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from elmtex.extractors.assertions.clauses import leading_line
from elmtex.extractors.assertions.denials import NOT_TAKEN
from elmtex.extractors.spans import Spans
from elmtex.text.sections import Sectioned
from elmtex.types import Item

# Forms, units and food, and how a drug is taken: "20 mg p.o. daily", "INHALE 2 PUFFS", "Tablet Delayed Release", "23Jul2010"
_FORM_OR_UNIT = (
    r"(?:aerosol|capsules?|caps?|cream|drops?|gel|injections?|lotion|ointment|oral|patch(?:es)?|powder|puffs?|solution|spray|suspension|syrup|tablets?|tabs?|units?"
    r"|feeds?|feedings?|foods?|(?:delayed|extended|immediate) release|filmtabletten?|hübe?|kapseln?|salbe|spritzen?|tabletten?|tbl|tropfen|einheiten|ie|iu"
    r"|m?c?g|µg|m?l|m?eq|mmol|mval|kg|d|h|hours?|days?|weeks?|std|stunden|tage?n?)"
)
_HOW = (
    r"(?:apply|inhale|inject|instill|place|take|use|nimm|p\.? ?o|per os|i\.? ?v|s\.? ?c|i\.? ?m|sl|p\.? ?r\.? ?n|q\.? ?\d{1,2} ?h|q\.? ?h\. ?s|[bt]\.? ?i\.? ?d|q\.? ?i\.? ?d|qd"
    r"|daily|once|twice|every|each|morning|evening|night|nightly|bedtime|weekly|one|two|three|four|six|eight|twelve|by mouth|(?:no )?refills?|per pharmacy|titrated|advanced|continuous(?:ly)?|empiric(?:al(?:ly)?)?|intravenous(?:ly)?|nebuli[sz]ed|subcutaneous(?:ly)?|topical(?:ly)?|at|as|for|more|times|then|directed|needed|täglich|tgl|morgens|abends|mittags|nachts|bei bedarf|a|per|the|x)"
)
_NO_NAME = re.compile(
    rf"(?!(?-i:(?:Mg|D) ?\d|Mg\Z)|one[- ]a[- ]day\b)(?:(?:{_FORM_OR_UNIT}|{_HOW}|\d{{1,2}}[A-Z][a-z]{{2}}\d{{4}}|\d+(?:{_FORM_OR_UNIT})?)(?![^\W_])[\s.,;:/()-]*)+",
    re.IGNORECASE,
)
_OPERATION = re.compile(
    r"(?:[\w-]+-)?(?:OP|Operation)|\w+(?:[ek]tomie|ectomy|otomie|otomy|skopie|scopy|graphie|graphy)"
)
_ENTRY = re.compile(
    r"^(?P<indent>[ \t]*)(?:\d{1,2}[.)]|[-*•+·–])[ \t]*(?P<words>\S[^\r\n]*)", re.MULTILINE
)
_NEXT_LINE = re.compile(r"[ \t]*\r?\n")
# One word, or a name with a dose: "Soma.", "Coreg 3.125 mg b.i.d.", "Kalium retard 600 mg"
_DRUG = re.compile(
    r"(?P<drug>(?!(?:none|not|nil|see|as|per|all|any|same|home|other|continue|start|stop|increase|decrease|refill|take|unknown|please|reviewed|reconciled"
    r"|unbekannt|unverändert|weiter|keine?|siehe|bitte|bei|nach|diät|diet|physio(?:therap\w*)?|rauchstopp|medi[ck]a(?:tion|ment)\w*|exercise|rest|restart|resume|fluids?|alcohol|nkd?a|cpap|bipap|dialys\w*|trinkmenge"
    r"|rollator|bettruhe|fortsetzen|compression|hypertension|\w*(?:gymnastik|kontrollen?|pflege|karenz|strümpfe))\b)(?-i:[A-ZÄÖÜ])[\w'-]{2,}"
    r"(?:(?: [\w'-]+)? \d+(?:[.,]\d+)? ?(?:m?c?g|µg|m?l|m?eq|mmol|ie|iu|units?|%|puffs?|hübe?|tabs?|tablets?|tbl)\b(?:(?! and | und |, )[^;:()]){0,60}?)?)[ \t.,;]*",
    re.IGNORECASE,
)
_LEAST = 2  # drugs found in a list of drugs, and half of its entries


def is_named(text: str) -> bool:
    """Whether an item's words can name a drug.

    Examples:
        >>> [is_named(text) for text in ("ASS 100 mg", "20 mg p.o. daily", "Vitamin B12", "INHALE 2 PUFFS")]
        [True, False, True, False]
    """
    return not (_NO_NAME.fullmatch(text) or _OPERATION.fullmatch(text))


def with_listed(
    drugs: tuple[Item, ...], others: Iterable[Item], sections: Sectioned
) -> tuple[Item, ...]:
    """The drugs, and those that a list of drugs has in entries in which nothing was found, asserted as the others of the list are, as sure as the least sure one.

    A list stands under a heading of medication, in lines with a mark or number each, and drugs were found in half of them.

    Args:
        drugs: those that were found.
        others: the items of the other categories.
        sections: the report and its headings.

    Examples:
        >>> report = "Medications:\\n1. Tylenol.\\n2. Soma.\\n3. Zoloft."
        >>> found = [Item(report[a:b], a, b) for a, b in ((16, 23), (37, 43))]
        >>> [drug.text for drug in with_listed(tuple(found), (), Sectioned.of(report))]
        ['Tylenol', 'Soma', 'Zoloft']
    """
    lists = [run for run in _lists(sections) if len(run) > _LEAST]
    if not lists or len(drugs) < _LEAST:
        return drugs
    known, taken = _ByPlace(drugs), Spans.of(others)
    new = list[Item]()
    for entries in lists:
        named = [found for e in entries if (found := known.first(*e.span("words")))]
        if len(named) < max(_LEAST, len(entries) / 2):
            continue
        assertions = {item.assertion for item in named}
        if len(assertions) > 1 or NOT_TAKEN.search(
            leading_line(entries[0].start("words"), sections.report)
        ):
            continue
        sure = min((i.confidence for i in named if i.confidence is not None), default=None)
        for entry in entries:
            drug = _DRUG.fullmatch(entry["words"])
            if not drug or NOT_TAKEN.search(entry["words"]) or not is_named(drug["drug"]):
                continue
            if known.first(*entry.span("words")) or taken.overlap(*entry.span("words")):
                continue
            start = entry.start("words")
            end = start + drug.end("drug")
            new.append(Item(drug["drug"], start, end, named[0].assertion, confidence=sure))
    return tuple(sorted((*drugs, *new), key=lambda item: item.start or 0)) if new else drugs


def _lists(sections: Sectioned) -> Iterator[list[re.Match[str]]]:
    """The entries of each list of medication, of one indentation, without a line of another kind between them."""
    for section in sections.sections:
        if section.kind != "medication" or NOT_TAKEN.search(sections.heading(section.start)):
            continue
        run, end = list[re.Match[str]](), -1
        for entry in _ENTRY.finditer(sections.report, *section.body):
            follows = run and _NEXT_LINE.fullmatch(sections.report, end, entry.start())
            if run and not follows:
                yield run
                run = []
            if not run or entry["indent"] == run[0]["indent"]:
                run.append(entry)
            end = entry.end()
        if run:
            yield run


class _ByPlace:
    """Items by their places."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._starts, self._farthest = list[int](), list[Item]()  # of all that begin up to there
        for item in sorted((i for i in items if i.start is not None), key=lambda i: i.start or 0):
            farthest = self._farthest[-1] if self._farthest else item
            self._starts.append(item.start or 0)
            self._farthest.append(max(farthest, item, key=_end))

    def first(self, start: int, end: int) -> Item | None:
        """An item that overlaps ``start:end``, if there is one."""
        before = bisect_left(self._starts, end)
        found = self._farthest[before - 1] if before else None
        return found if found and _end(found) > start else None


def _end(item: Item) -> int:
    return item.end or 0
