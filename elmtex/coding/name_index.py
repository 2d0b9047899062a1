"""The names of one terminology, looked up without confusing one concept with another.

A text is looked up in steps, the sure ones first: the exact name, the same words in another order
or inflection, a misspelt word (rapidfuzz), the longest names contained in the text. So a name may
say less than the text, never more or something else: numbers and short words are never corrected,
nor is a word that the terminology knows, and opposites (hyper-, hypo-) are not misspellings of each
other. Similarity over whole names would take acute pharyngitis for acute laryngitis.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from elmtex.types import Code, MissingDependencyError

LONGEST_NAME = 8  # words of a name looked for inside an item
LONGEST_TEXT = 100  # words of an item that are looked up; what follows is not a name any more
REMEMBERED = 10_000  # words whose correction is remembered; they are words of reports

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+|[<>+%]")
_POSSESSIVE = re.compile(r"['’]s\b")
_FUNCTION_WORDS = frozenset(
    ("of", "the", "an", "in", "on", "at", "to", "for", "and", "or", "nos", "unspecified")
)
# Names that say nothing when they are all that is known of an item.
_GENERIC = frozenset(("disease", "disorder", "syndrome", "finding", "all"))
_NUMBERED = frozenset(("type", "stage", "grade", "class", "factor", "phase"))
_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii")
_ROMAN = {numeral: str(value) for value, numeral in enumerate(_NUMERALS, 1)}
# Parts of words that make one thing another, however alike the rest is: one letter from thoracotomy
# to thoracostomy.
_DECISIVE = re.compile(
    r"^(?:hyper|hypo|tachy|brady|macro|micro|poly|oligo|inter|intra|pre|per|pro|post|anti|endo|exo|supra|infra)"
    r"|(?:ectomy|ostomy|otomy|oscopy|plasty|itis|osis|emia|uria|penia|cytosis)$"
)


def words(text: str) -> list[str]:
    """The text's words for look-up: case folded, without accents and punctuation; 6.5 stays one
    word, b12 too.

    Only canonical decomposition: the compatible one would turn 10² into 102.
    """
    plain = _POSSESSIVE.sub("", unicodedata.normalize("NFD", text.casefold()))
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def stem(word: str) -> str:
    """British spelling and the plural removed, where that is safe. A word with a digit is left
    alone."""
    if len(word) < 4 or not word.isalpha():
        return word
    word = word.replace("ae", "e").replace("oe", "e").replace("our", "or")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    # From 5 letters: PRES is not a plural.
    plural = len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural else word


def key(parts: Sequence[str]) -> str:
    """The same for two names with the same words in any order and inflection, roman numerals read
    as numbers.

    A number stays behind its word: "type 1, stage 2" is not "type 2, stage 1".
    """
    groups: list[str] = []
    for index, word in enumerate(parts):
        if word in _FUNCTION_WORDS:
            continue
        if word in _ROMAN and (len(word) > 1 or (index and parts[index - 1] in _NUMBERED)):
            word = _ROMAN[word]
        if groups and word[0].isdigit():
            groups[-1] += f" {word}"
        else:
            groups.append(stem(word))
    return " ".join(sorted(groups))


def decisive(word: str) -> list[str]:
    """The parts of a word that must not change when its spelling is corrected."""
    return _DECISIVE.findall(word)


@dataclass(frozen=True)
class NameIndex:
    """All names of one terminology.

    Args:
        concepts: (system, code, display) each.
        names: normalised names; where concepts share a name the better one comes first.
        keys: :func:`key` of each name.
        concept_of: for each name the index of its concept.
    """

    concepts: list[tuple[str, str, str]]
    names: list[str]
    keys: list[str]
    concept_of: list[int]
    _corrections: dict[str, str] = field(default_factory=dict, repr=False)

    def search(self, text: str, threshold: float, limit: int) -> list[Code]:
        """Concepts of the text, best first; see :meth:`Linker.link`."""
        parts = words(text)[:LONGEST_TEXT]
        if not parts:
            return []
        best: dict[int, float] = {}
        for name_ids, scored in self._steps(parts, threshold):
            for name_id in name_ids:
                score = scored(name_id)
                concept = self.concept_of[name_id]
                best[concept] = max(score, best.get(concept, 0.0))
            if len(best) >= limit:
                break
        ranked = sorted(best.items(), key=lambda row: -row[1])[:limit]
        return [Code(*self.concepts[concept], round(score, 4)) for concept, score in ranked]

    def _steps(
        self, parts: list[str], threshold: float
    ) -> Iterator[tuple[Iterable[int], Callable[[int], float]]]:
        """The names found by each step, with their scores; later steps run only when the caller
        asks for more."""
        name = " ".join(parts)
        yield self._by_name.get(name, ()), lambda _: 1.0

        def alike(name_id: int) -> float:
            return min(0.99, _similarity(name, self.names[name_id]))

        # The same words, only ordered or inflected otherwise: accepted whatever their similarity in
        # letters.
        yield self._by_key.get(key(parts), ()), lambda name_id: max(0.9, alike(name_id))
        corrected = [self._correct(word) for word in parts]
        near = self._by_key.get(key(corrected), ())
        yield [name_id for name_id in near if alike(name_id) >= threshold], alike

        def covered(name_id: int) -> float:
            return min(0.99, len(self.names[name_id]) / len(name)) * threshold

        yield self._contained(parts, corrected, threshold), covered

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        return _grouped(self.names)

    @cached_property
    def _by_key(self) -> dict[str, list[int]]:
        return _grouped(self.keys)

    @cached_property
    def _known(self) -> frozenset[str]:
        """The stems of all names."""
        return frozenset(word for name in self.keys for word in name.split())

    @cached_property
    def _vocabulary(self) -> dict[str, list[str]]:
        """Stems long enough to be corrected to, by first letter (the letter that is rarely wrong)."""
        found: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._known):
            if len(word) > 4 and word.isalpha():
                found[word[0]].append(word)
        return dict(found)

    def _correct(self, word: str) -> str:
        """The word of the terminology that is one error away from an unknown word of 6 letters or
        more, else the word.

        Numbers are never touched, nor is a word that the terminology knows: hypotension is not a
        typo of hypertension.
        """
        root = stem(word)
        if len(root) < 6 or not root.isalpha() or root in self._known:
            return word
        if root not in self._corrections:
            if len(self._corrections) >= REMEMBERED:
                self._corrections.clear()
            self._corrections[root] = self._nearest(root)
        return self._corrections[root]

    def _nearest(self, root: str) -> str:
        fuzzy = _rapidfuzz()
        near = fuzzy.process.extract(
            root,
            self._vocabulary.get(root[0], ()),
            scorer=fuzzy.distance.OSA.distance,  # a transposition of two letters is one error
            processor=None,
            score_cutoff=1,
            limit=3,
        )
        same = [word for word, _, _ in near if decisive(word) == decisive(root)]
        return same[0] if len(same) == 1 else root  # two candidates are a guess

    def _contained(self, parts: list[str], corrected: list[str], threshold: float) -> list[int]:
        """The names that occur in the text, longest first, none inside another."""
        found: list[int] = []
        taken = [False] * len(parts)
        for length in range(min(len(parts), LONGEST_NAME), 0, -1):
            for start in range(len(parts) - length + 1):
                window = slice(start, start + length)
                if any(taken[window]) or not _can_be_name(corrected[window]):
                    continue
                spelt = corrected[window]
                candidates = self._by_name.get(" ".join(spelt)) or self._by_key.get(key(spelt), [])
                if parts[window] != corrected[window]:
                    written = " ".join(parts[window])
                    candidates = [
                        c for c in candidates if _similarity(written, self.names[c]) >= threshold
                    ]
                if candidates:
                    found.append(candidates[0])
                    taken[window] = [True] * length
        return found


def _can_be_name(window: Sequence[str]) -> bool:
    """Whether words of an item may be looked up alone: "of fever" is not found where "fever" is."""
    if len(window) == 1:
        return len(window[0]) > 2 and stem(window[0]) not in _GENERIC
    return window[0] not in _FUNCTION_WORDS and window[-1] not in _FUNCTION_WORDS


def _grouped(names: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for name_id, name in enumerate(names):
        found[name].append(name_id)
    return dict(found)


def _similarity(first: str, second: str) -> float:
    return float(_rapidfuzz().fuzz.token_sort_ratio(first, second)) / 100


@cache
def _rapidfuzz() -> Any:
    try:
        import rapidfuzz
    except ImportError as error:
        raise MissingDependencyError(
            "coding needs rapidfuzz: pip install 'elmtex[coding]'"
        ) from error
    return rapidfuzz
