"""A second opinion: a student reads the report too, and a lexicon knows the words that training reports mark. They propose items that
the Llama did not weigh, and what they think of each of the Llama's items decides, with its own probability, how sure the item is.

A logistic regression weighs them; ``training.calibrate --student`` fits it on DEV and the written reports kept from
training. Items that one alone is too unsure of are kept when the other agrees, and dropped when it does not. Each item
says whether both found it: a reviewer looks at the others first.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from elmtex.decoding.confidence import probability
from elmtex.decoding.labelled import Labelled
from elmtex.decoding.notes import NoteItem, NoteState, write_in
from elmtex.decoding.tokens import ReportTokens
from elmtex.extractors.loaded_student import LoadedStudent
from elmtex.extractors.stage_times import NotesTimings
from elmtex.models.adapter import OpinionSettings
from elmtex.models.lexicon import Lexicon, read_lexicon
from elmtex.types import ASSERTIONS, Assertion, InputError

# Logits, the second to fourth Labelled.opinion's; 1 where the Llama wrote the item, else 0; and Lexicon.weight
FEATURES = ("llama", "span", "most", "mean", "written", "known", "marked")
PROPOSED = (
    0.2  # a student's probability of what it proposes; by .1 to .3 DEV loses exact or relaxed F1
)
_LEAST = 1e-4  # a probability nearer to 0 or 1 counts as this


class SecondOpinion:
    """A student, and how an adapter listens to it.

    Args:
        settings: of the adapter.
        lexicon: the adapter's file; None where it has none.
        threads, at_once: as :class:`LoadedStudent` takes them.

    Raises:
        InputError: the student is not there, or is not the one that the adapter was calibrated with.
    """

    def __init__(
        self,
        settings: OpinionSettings,
        lexicon: Path | None = None,
        *,
        threads: int | None = None,
        at_once: int = 1,
    ) -> None:
        hint = "without it give --no-second-opinion"
        try:
            self.student = LoadedStudent(settings.student, threads=threads, at_once=at_once)
        except InputError as error:
            raise InputError(f"the second opinion needs its student: {error}; {hint}") from None
        if len(settings.weights) != len(FEATURES):
            raise InputError(
                f"the adapter was calibrated for another version's second opinion: calibrate it again, or {hint}"
            )
        if self.student.digest != settings.digest:
            raise InputError(
                f"the student in {self.student.student.folder} is not the one that the adapter was calibrated with: "
                f"calibrate it again (python -m training.calibrate), or {hint}"
            )
        self.settings = settings
        self._lexicon = read_lexicon(lexicon) if lexicon else Lexicon()

    def of(self, report: str, tokens: ReportTokens, timings: NotesTimings) -> Opinion:
        """The opinion of a report.

        Args:
            tokens: the report as the Llama reads it.
            timings: the student's seconds are added there; it reads a part of the report when an item of it is weighed.
        """
        read = Readings(tokens, self.student.labelled(report), self._lexicon)
        return Opinion(self.settings, read, timings)


@dataclass(frozen=True)
class Readings:
    """A report as the others read it.

    Args:
        tokens: the report as the Llama reads it.
        labelled: the report as the student labelled it.
        lexicon: the words that training reports mark.
    """

    tokens: ReportTokens
    labelled: Labelled
    lexicon: Lexicon = field(default_factory=Lexicon)


@dataclass
class Opinion:
    """What a student and a lexicon think of a report's items.

    Args:
        settings: of the adapter.
        read: the report as they read it.
        timings: the seconds are added there.
    """

    settings: OpinionSettings
    read: Readings
    timings: NotesTimings
    _known: dict[NoteItem, tuple[float, ...]] = field(default_factory=dict)

    def score(self, item: NoteItem) -> float:
        """The item's probability."""
        terms = zip(self.settings.weights, self._features(item), strict=True)
        return 1 / (1 + math.exp(-self.settings.bias - sum(w * x for w, x in terms)))

    def settle(self, notes: Sequence[NoteState]) -> None:
        """Give each item of the Llama's finished notes the assertion that both together hold most probable."""
        began = time.perf_counter()
        for note in notes:
            note.items = [self._asserted(item) for item in note.items]
        self.timings.second_opinion += time.perf_counter() - began

    def _asserted(self, item: NoteItem) -> NoteItem:
        other = self.read.labelled.assertion(*self.read.tokens.span(item.first, item.last))
        if other is None:
            return item
        own = math.exp(item.log_probabilities[-1])  # the last decision is the assertion
        shares = dict.fromkeys(ASSERTIONS, (1 - own) / 2) | {item.assertion: own}
        best = max(range(len(ASSERTIONS)), key=lambda n: shares[ASSERTIONS[n]] * float(other[n]))
        return replace(item, assertion=ASSERTIONS[best])

    def agrees(self, item: NoteItem) -> bool:
        """Whether the Llama wrote the item, and the student, too, takes a word of it for one of its category."""
        return item.written and self._features(item)[FEATURES.index("most")] >= 0  # a logit

    def proposals(self, notes: Sequence[NoteState], keys: Sequence[str]) -> list[NoteState]:
        """The items of some sentences that the others propose: see :func:`proposals`."""
        began = time.perf_counter()
        proposed = proposals(self.read, notes, keys)
        self.timings.second_opinion += time.perf_counter() - began
        return proposed

    def _features(self, item: NoteItem) -> tuple[float, ...]:
        if item not in self._known:
            began = time.perf_counter()
            self._known[item] = features(item, self.read)
            self.timings.second_opinion += time.perf_counter() - began
        return self._known[item]


def proposals(read: Readings, notes: Sequence[NoteState], keys: Sequence[str]) -> list[NoteState]:
    """The items that a student or a lexicon proposes, each in a finished note of its own.

    Args:
        read: the report as they read it.
        notes: those of all words of some sentences, in text order, in whatever state.
        keys: the categories.
    """
    if not notes:
        return []
    of_word = {note.first: note for note in notes}
    tokens, sentences = read.tokens, list(dict.fromkeys(note.sentence for note in notes))
    ends = [tokens.offsets[last - 1][1] for _, last in sentences]
    begin = tokens.offsets[sentences[0][0]][0]
    found = []
    for start, end, key, assertion in _proposed(read, keys, begin, ends[-1]):
        sentence = sentences[min(bisect_right(ends, start), len(ends) - 1)]
        first, last = tokens.covering(start, end, sentence)
        if first not in of_word or tokens.span(first, last) != (start, end):
            continue
        note = NoteState(of_word[first].grammar, tokens, sentence, first)
        write_in(note, [NoteItem(first, last, key, assertion)])
        note.items = [replace(item, written=False) for item in note.items]
        found.append(note)
    return [note for note in found if note.items]


def _proposed(
    read: Readings, keys: Sequence[str], begin: int, end: int
) -> Iterator[tuple[int, int, str, Assertion]]:
    """Span, category and assertion of what is proposed in a part of a report, once each."""
    said = set()
    for state in read.labelled.states(keys, PROPOSED, begin, end):
        for item in state.items:
            span = state.tokens.span(item.first, item.last)
            said.add((*span, item.key))
            yield *span, item.key, item.assertion
    for start, stop, key in read.lexicon.found(read.tokens.report, begin, end, keys):
        if (start, stop, key) in said:
            continue
        if (shares := read.labelled.assertion(start, stop)) is not None:
            yield start, stop, key, ASSERTIONS[int(shares.argmax())]


def features(item: NoteItem, read: Readings) -> tuple[float, ...]:
    """The ``FEATURES`` of an item.

    Args:
        item: of the Llama, or proposed.
        read: the report as the others read it; the student must know the item's category.
    """
    start, end = read.tokens.span(item.first, item.last)
    own = probability(item) if item.written else 0.0
    logits = map(_logit, (own, *read.labelled.opinion(start, end, item.key)))
    words = read.lexicon.weight(read.tokens.report[start:end], item.key)
    return *logits, float(item.written), *words


def _logit(share: float) -> float:
    share = min(max(share, _LEAST), 1 - _LEAST)
    return math.log(share / (1 - share))
