"""Near-duplicate texts by word shingles (Broder 1997, On the resemblance and containment of
documents)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

WORDS = 5
_WORD = re.compile(r"\w+")


def shingles(text: str) -> frozenset[str]:
    """The text's runs of 5 lower-cased words; a shorter text is one shingle, an empty one has none."""
    words = _WORD.findall(text.lower())
    if not words:
        return frozenset()
    return frozenset(" ".join(words[i : i + WORDS]) for i in range(max(1, len(words) - WORDS + 1)))


class ShingleIndex:
    """Texts seen so far, by shingle; answers how much of a text was seen before."""

    def __init__(self) -> None:
        self._texts: dict[str, list[int]] = defaultdict(list)
        self._sizes: list[int] = []

    def add(self, text: str) -> None:
        """Remembers a text."""
        number = len(self._sizes)
        parts = shingles(text)
        self._sizes.append(len(parts))
        for part in parts:
            self._texts[part].append(number)

    def containment(self, text: str) -> float:
        """The largest share, 0 to 1, of shingles that the smaller of ``text`` and a remembered text
        has in the other. So a sentence copied out of a report counts as fully contained, and so
        does the report."""
        parts = shingles(text)
        shared = Counter(number for part in parts for number in self._texts.get(part, ()))
        return max(
            (count / min(len(parts), self._sizes[n]) for n, count in shared.items()), default=0.0
        )
