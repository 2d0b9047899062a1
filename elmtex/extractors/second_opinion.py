"""A second opinion: a student reads the report too, and what it thinks of each of the Llama's items decides, with the
Llama's own probability, how sure the item is.

A logistic regression weighs the two; ``training.calibrate --student`` fits it on DEV and the written reports kept from
training. Items that the Llama alone is too unsure of are kept when the student agrees, and dropped when it does not.
Each item says whether the student found it, too: a reviewer looks at the others first.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from elmtex.decoding.confidence import probability
from elmtex.decoding.labelled import Labelled
from elmtex.decoding.notes import NoteItem
from elmtex.decoding.tokens import ReportTokens
from elmtex.extractors.loaded_student import LoadedStudent
from elmtex.extractors.stage_times import NotesTimings
from elmtex.models.adapter import OpinionSettings
from elmtex.types import InputError

FEATURES = ("llama", "span", "most", "mean")  # logits; the last three are Labelled.opinion's
_LEAST = 1e-4  # a probability nearer to 0 or 1 counts as this


class SecondOpinion:
    """A student, and how an adapter listens to it.

    Args:
        settings: of the adapter.
        threads, at_once: as :class:`LoadedStudent` takes them.

    Raises:
        InputError: the student is not there, or is not the one that the adapter was calibrated with.
    """

    def __init__(
        self, settings: OpinionSettings, *, threads: int | None = None, at_once: int = 1
    ) -> None:
        hint = "without it give --no-second-opinion"
        try:
            self.student = LoadedStudent(settings.student, threads=threads, at_once=at_once)
        except InputError as error:
            raise InputError(f"the second opinion needs its student: {error}; {hint}") from None
        if self.student.digest != settings.digest or len(settings.weights) != len(FEATURES):
            raise InputError(
                f"the student in {self.student.student.folder} is not the one that the adapter was calibrated with: "
                f"calibrate it again (python -m training.calibrate), or {hint}"
            )
        self.settings = settings

    def of(self, report: str, tokens: ReportTokens, timings: NotesTimings) -> Opinion:
        """The opinion of a report.

        Args:
            tokens: the report as the Llama reads it.
            timings: the student's seconds are added there; it reads a part of the report when an item of it is weighed.
        """
        return Opinion(self.settings, tokens, self.student.labelled(report), timings)


@dataclass
class Opinion:
    """What a student thinks of a report's items.

    Args:
        settings: of the adapter.
        tokens: the report as the Llama reads it.
        labelled: the report as the student labelled it.
        timings: its seconds are added there.
    """

    settings: OpinionSettings
    tokens: ReportTokens
    labelled: Labelled
    timings: NotesTimings
    _known: dict[NoteItem, tuple[float, ...]] = field(default_factory=dict)

    def score(self, item: NoteItem) -> float:
        """The item's probability."""
        terms = zip(self.settings.weights, self._features(item), strict=True)
        return 1 / (1 + math.exp(-self.settings.bias - sum(w * x for w, x in terms)))

    def agrees(self, item: NoteItem) -> bool:
        """Whether the student, too, takes a word of the item for one of its category."""
        return self._features(item)[FEATURES.index("most")] >= 0  # a logit

    def _features(self, item: NoteItem) -> tuple[float, ...]:
        if item not in self._known:
            began = time.perf_counter()
            self._known[item] = features(item, self.tokens, self.labelled)
            self.timings.second_opinion += time.perf_counter() - began
        return self._known[item]


def features(item: NoteItem, tokens: ReportTokens, labelled: Labelled) -> tuple[float, ...]:
    """The ``FEATURES`` of an item.

    Args:
        item: of the Llama.
        tokens: the report as the Llama reads it.
        labelled: the report as the student labelled it, which must know the item's category.
    """
    span = tokens.span(item.first, item.last)
    return tuple(map(_logit, (probability(item), *labelled.opinion(*span, item.key))))


def _logit(share: float) -> float:
    share = min(max(share, _LEAST), 1 - _LEAST)
    return math.log(share / (1 - share))
