"""Words that the training reports mark: of the times that they are written there, how often they are an item of each category.

A small model leaves out a word here and there that it knows; a lexicon does not. What it knows is weighed with the
models' opinions (:mod:`elmtex.extractors.second_opinion`): a word is an item by what its sentence says, not by itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from elmtex.types import InputError

FILE = "lexicon.tsv"
LONGEST = 4  # words of an entry
PROPOSED = 0.6  # share of the times that words are an item, from which on they are proposed
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")


class Entry(NamedTuple):
    """Some words.

    Args:
        seen: how often they are written.
        marked: how often just they are an item, by category; of the mentions of one thing in a report the first.
    """

    seen: int
    marked: Mapping[str, int]


@dataclass(frozen=True)
class Lexicon:
    """Entries by their words, in lower case with a blank between them.

    Examples:
        >>> lexicon = Lexicon({"knee pain": Entry(4, {"signs_symptoms": 3})})
        >>> list(lexicon.found("No Knee pain.", 0, 13, ["signs_symptoms"]))
        [(3, 12, 'signs_symptoms')]
        >>> lexicon.weight("knee  pain", "signs_symptoms")[0], lexicon.weight("rash", "signs_symptoms")[0]
        (1.0, 0.0)
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)

    def weight(self, text: str, key: str) -> tuple[float, float]:
        """1 where the words of a text are known, and the log-odds that they are an item of a category; 0, 0 where they are not."""
        entry = self.entries.get(spelt(text))
        if entry is None:
            return 0.0, 0.0
        marked = entry.marked.get(key, 0)
        return 1.0, math.log((marked + 0.5) / (entry.seen - marked + 0.5))

    def found(
        self, text: str, start: int, end: int, keys: Collection[str]
    ) -> Iterator[tuple[int, int, str]]:
        """The words of a part of a text that are an item most times that they are written: half-open code points and category."""
        for begin, stop, spoken in phrases(text, start, end):
            entry = self.entries.get(spoken)
            if entry is None:
                continue
            for key, marked in entry.marked.items():
                if key in keys and marked >= PROPOSED * entry.seen:
                    yield begin, stop, key


def phrases(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, str]]:
    """``LONGEST`` words of a part of a text or fewer that follow one another: half-open code points, and the words as a lexicon has them."""
    places = words(text, start, end)
    for first in range(len(places)):
        for last in range(first, min(first + LONGEST, len(places))):
            spoken = " ".join(word for _, _, word in places[first : last + 1])
            yield places[first][0], places[last][1], spoken


def words(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int, str]]:
    """The words of a part of a text, in lower case, each with its half-open code points."""
    found = _WORD.finditer(text, start, len(text) if end is None else end)
    return [(m.start(), m.end(), m[0].lower()) for m in found]


def spelt(text: str) -> str:
    """A text's words as a lexicon has them."""
    return " ".join(word for _, _, word in words(text))


def read_lexicon(path: Path) -> Lexicon:
    """Read a file of lines with words, how often they are written, and ``category=times`` for each category, with tabs between.

    Raises:
        InputError: it is not such a file; says which line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    entries = {}
    for number, line in enumerate(lines, 1):
        try:
            text, seen, *marked = line.split("\t")
            pairs = (pair.split("=") for pair in marked)
            entry = Entry(int(seen), {key: int(times) for key, times in pairs})
            if not all(0 <= times <= entry.seen for times in entry.marked.values()):
                raise ValueError
        except ValueError:
            raise InputError(f"{path}, line {number}: it is no entry of a lexicon") from None
        entries[text] = entry
    return Lexicon(entries)


def as_lines(lexicon: Lexicon) -> str:
    """A lexicon as :func:`read_lexicon` reads it, in the order of the words."""
    rows = (
        "\t".join([text, str(entry.seen), *(f"{k}={n}" for k, n in sorted(entry.marked.items()))])
        for text, entry in sorted(lexicon.entries.items())
    )
    return "".join(f"{row}\n" for row in rows)
