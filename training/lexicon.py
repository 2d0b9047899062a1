"""Count which words the training reports mark: the lexicon that :mod:`training.calibrate` puts beside an adapter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from elmtex.models.lexicon import Entry, Lexicon, phrases, spelt, words
from elmtex.types import Record

# Whole reports in which all is marked; never reviewed ones, as the file holds words in clear
SOURCES = ("maccrobat", "written")
REPORTS = 2  # that have some words as an item at least


def lexicon_of(records: Sequence[Record]) -> Lexicon:
    """The phrases that are an item in two reports at least, with how often they are written and marked."""
    told = [record for record in records if record.source in SOURCES]
    reports: defaultdict[str, set[str]] = defaultdict(set)
    for record in told:
        for items in record.items.values():
            for item in items:
                reports[spelt(item.text)].add(record.id)
    known = {
        text
        for text, own in reports.items()
        if len(own) >= REPORTS and any(map(str.isalpha, text))  # a number alone says nothing
    }
    seen, marked = Counter[str](), defaultdict[str, Counter[str]](Counter)
    for record in told:
        texts = {(a, b): text for a, b, text in phrases(record.text) if text in known}
        seen.update(texts.values())
        for key, items in record.items.items():
            rows = (words(record.text, i.start or 0, i.end) for i in items if i.grounded)
            for span in {(own[0][0], own[-1][1]) for own in rows if own}:
                if span in texts:
                    marked[texts[span]][key] += 1
    return Lexicon({text: Entry(seen[text], dict(marked[text])) for text in marked})
