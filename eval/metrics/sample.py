"""The scores of one report: what is written per line to disk, and what
:mod:`eval.metrics.aggregate` reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elmtex.types import InputError, Status
from eval.metrics.assertion import Confusion
from eval.metrics.attributes import AttributeCounts
from eval.metrics.documents import FAILURES
from eval.metrics.entity import Counts
from eval.metrics.hallucination import Hallucination


@dataclass(frozen=True, slots=True)
class TextScores:
    """Scores of flat strings, category by category, in two ways of counting.

    Args:
        setting: what the numbers depend on (package, model, layer): only equal settings may be
            compared.
        elmtex: ``[category][measure]`` as the paper counts: fields with gold "N/A" and failed
            documents are skipped.
        ours: ``[category][measure]``, skipping only fields in which gold and prediction are both
            empty: content where the gold has none scores 0, and so does a failed document wherever
            the gold has something.
    """

    setting: Mapping[str, str | int | bool]
    elmtex: Mapping[str, Mapping[str, float]]
    ours: Mapping[str, Mapping[str, float]]

    def to_dict(self) -> dict[str, Any]:
        return {
            "setting": dict(self.setting),
            "elmtex": {key: dict(scores) for key, scores in self.elmtex.items()},
            "ours": {key: dict(scores) for key, scores in self.ours.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TextScores:
        return cls(data["setting"], data["elmtex"], data["ours"])


@dataclass(frozen=True, slots=True)
class ConceptCounts:
    """Concepts of one report, compared as sets per category.

    Args:
        setting: the terminologies and the threshold of the linker.
        counts: per coded category: concepts in both, only predicted, only in the gold.
        gold_items: gold items looked at, and ``gold_linked`` those of them that got a concept.
        predicted_items: predicted items looked at, and ``predicted_linked`` those of them that got
            a concept.
    """

    setting: Mapping[str, Any]
    counts: Mapping[str, Counts]
    gold_items: int
    gold_linked: int
    predicted_items: int
    predicted_linked: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "setting": dict(self.setting),
            "counts": {key: counts.to_dict() for key, counts in self.counts.items()},
            "gold_items": self.gold_items,
            "gold_linked": self.gold_linked,
            "predicted_items": self.predicted_items,
            "predicted_linked": self.predicted_linked,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ConceptCounts:
        counts = {key: Counts.from_dict(row) for key, row in data["counts"].items()}
        return cls(**{**data, "counts": counts})


@dataclass(frozen=True, slots=True)
class Sample:
    """All scores of one report under one system.

    Args:
        id: the report's name; two runs are compared report by report over it.
        status: the extraction's status; ``failed`` when there was no document.
        exact: counts per labelled category.
        relaxed: counts per labelled category.
        assertion: ``[gold][predicted]`` over exactly matched items.
        hallucination: counts of spurious and ungrounded items, failure and truncation.
        correctness_pairs: (confidence, 1 when right else 0) of every predicted item that has a
            confidence.
        concept: None when no linker was given.
        rouge: None when not asked for.
        bertscore: None when no scorer was given.
        attributes: ``[setting]``, of ``end_to_end`` and ``given`` (with the gold items given), then
            as :func:`eval.metrics.attributes.score_attributes` counts; None when the gold labels
            none or the system writes none.
    """

    id: str
    status: Status
    exact: Mapping[str, Counts]
    relaxed: Mapping[str, Counts]
    assertion: Confusion
    hallucination: Hallucination
    correctness_pairs: tuple[tuple[float, int], ...] = ()
    concept: ConceptCounts | None = None
    rouge: TextScores | None = None
    bertscore: TextScores | None = None
    attributes: Mapping[str, AttributeCounts] | None = None

    @property
    def failed(self) -> bool:
        return self.status in FAILURES

    def to_dict(self) -> dict[str, Any]:
        """The sample as one JSON line; its keys stay, so that the lines of older runs can be read."""
        data = {
            "id": self.id,
            "status": self.status,
            "exact": {key: counts.to_dict() for key, counts in self.exact.items()},
            "relaxed": {key: counts.to_dict() for key, counts in self.relaxed.items()},
            "assertion": self.assertion,
            "honesty": self.hallucination.to_dict(),
            "judged": [list(row) for row in self.correctness_pairs],
            "concept": self.concept.to_dict() if self.concept else None,
            "rouge": self.rouge.to_dict() if self.rouge else None,
            "bertscore": self.bertscore.to_dict() if self.bertscore else None,
        }
        if self.attributes is not None:
            data["attributes"] = _nested(self.attributes, lambda counts: counts.to_dict())
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Sample:
        """The inverse of :meth:`to_dict`."""
        concept, rouge, bertscore = data["concept"], data["rouge"], data["bertscore"]
        return cls(
            id=data["id"],
            status=data["status"],
            exact={key: Counts.from_dict(row) for key, row in data["exact"].items()},
            relaxed={key: Counts.from_dict(row) for key, row in data["relaxed"].items()},
            assertion=data["assertion"],
            hallucination=Hallucination.from_dict(data["honesty"]),
            correctness_pairs=tuple((confidence, right) for confidence, right in data["judged"]),
            concept=ConceptCounts.from_dict(concept) if concept else None,
            rouge=TextScores.from_dict(rouge) if rouge else None,
            bertscore=TextScores.from_dict(bertscore) if bertscore else None,
            # Runs before attributes, and those without, have none.
            attributes=_nested(data["attributes"], Counts.from_dict)
            if data.get("attributes") is not None
            else None,
        )


def _nested(
    attributes: Mapping[str, Mapping[str, Mapping[str, Any]]], of: Callable[[Any], Any]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The counts of attributes, each as ``of`` makes it."""
    return {
        setting: {
            measure: {name: of(counts) for name, counts in rows.items()}
            for measure, rows in measures.items()
        }
        for setting, measures in attributes.items()
    }


def setting_of(samples: Sequence[Sample], name: str) -> Mapping[str, Any] | None:
    """What all samples' scores ``name`` (concept, rouge, bertscore) were computed with; None
    without such scores.

    Raises:
        InputError: the settings differ, or only some samples have the scores: their mean would mean
            nothing.
    """
    scores = [getattr(sample, name) for sample in samples]
    settings: list[Mapping[str, Any] | None] = [
        score.setting if score else None for score in scores
    ]
    if any(setting != settings[0] for setting in settings):
        raise InputError(
            f"the samples' {name} scores were computed under different settings, or only for some "
            "reports: score all reports again with one setting"
        )
    return settings[0]
