"""Metrics: each a function of one report's :class:`Pair` of gold and prediction, aggregated after.

    samples = [score_sample(record, extraction) for record, extraction in pairs]
    figures = aggregate(samples)

Only numpy and the standard library are needed for that; ROUGE, BERTScore and concepts are computed
on demand and import their packages then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from elmtex.types import Extraction, InputError, Record
from eval.metrics.aggregate import aggregate, compare
from eval.metrics.assertion import confusion
from eval.metrics.attributes import SETTINGS, AttributeCounts, score_attributes
from eval.metrics.calibration import correctness_pairs
from eval.metrics.documents import Gold, Pair, Predicted, pair
from eval.metrics.entity import Counts, exact, relaxed
from eval.metrics.hallucination import hallucination
from eval.metrics.sample import ConceptCounts, Sample, TextScores

if TYPE_CHECKING:
    from elmtex.coding.linker import Linker
    from eval.metrics.bertscore import BertScorer

__all__ = [
    "ConceptCounts",
    "Counts",
    "Sample",
    "TextScores",
    "aggregate",
    "compare",
    "score_sample",
]


def score_sample(
    gold: Gold,
    predicted: Predicted,
    labelled: Sequence[str] | None = None,
    *,
    id: str | None = None,
    rouge: bool = False,
    bertscore: BertScorer | None = None,
    linker: Linker | None = None,
    given: Predicted = None,
) -> Sample:
    """All scores of one report.

    Args:
        gold: a record, or items per category.
        predicted: an extraction, items per category, or None when the system gave no document (a
            failure).
        labelled: the categories to score; None means the record's ``labelled``, or the keys of the
            mapping.
        id: the report's name; None takes the record's.
        rouge: compute ROUGE as well (needs ``rouge-score``).
        bertscore: the scorer to compute BERTScore with; None leaves it out.
        linker: the linker to compare concepts with; None leaves them out.
        given: the gold's items with the attributes that the system wrote of them; None when it
            writes none. Attributes are scored where the gold is a record that labels some.

    Raises:
        InputError: no id, or an extraction of another report than the record's.
    """
    if id is None:
        if not isinstance(gold, Record):
            raise InputError("score_sample needs `id` when the gold is not a Record")
        id = gold.id
        if isinstance(predicted, Extraction) and predicted.id != id:
            raise InputError(
                f"extraction {predicted.id!r} is not of record {id!r}: pair them by id, or give `id`"
            )
    both = pair(gold, predicted, labelled)
    return Sample(
        id=id,
        status=both.status,
        exact=exact(both),
        relaxed=relaxed(both),
        assertion=confusion(both),
        hallucination=hallucination(both),
        correctness_pairs=tuple(correctness_pairs(both)),
        concept=_concept(both, linker) if linker else None,
        rouge=_rouge(both) if rouge else None,
        bertscore=bertscore.scores(both) if bertscore else None,
        attributes=_attributes(gold, both, pair(gold, given, labelled))
        if isinstance(gold, Record) and gold.attributes and given is not None
        else None,
    )


def _attributes(gold: Record, both: Pair, given: Pair) -> dict[str, AttributeCounts]:
    pairs = zip(SETTINGS, (both, given), strict=True)
    return {name: score_attributes(of, gold.attributes) for name, of in pairs}


# Imported where used: a training machine scores entities with numpy alone.


def _rouge(both: Pair) -> TextScores:
    from eval.metrics.rouge import rouge

    return rouge(both)


def _concept(both: Pair, linker: Linker) -> ConceptCounts:
    from eval.metrics.concepts import concepts

    return concepts(both, linker)
