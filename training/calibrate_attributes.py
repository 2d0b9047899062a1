"""The part of :mod:`training.calibrate` that sets how readily attributes are written, and what their
probability means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from elmtex.extractors.loaded_model import LoadedModel
from elmtex.extractors.notes import NotesExtractor
from elmtex.models.adapter import AttributeSettings
from elmtex.types import Extraction, Record
from eval.metrics.attributes import STRENGTHS, relations
from eval.metrics.documents import pair
from eval.metrics.entity import Counts, match_spans, overlap

# Biases of "no further attribute": with -1, one is opened when its probability is over .27.
ENDINGS = (0.0, -0.5, -1.0, -1.5)
ATTRIBUTE_THRESHOLDS = tuple(np.round(np.arange(0.0, 0.61, 0.05), 3).tolist())
TIE = 0.01  # of F1

Pairs = list[tuple[float, int]]


def calibrate_attributes(
    run: Path,
    records: Sequence[Record],
    schemas: Mapping[str | None, str | Path],
    endings: Sequence[float] = ENDINGS,
) -> tuple[list[dict[str, Any]], Pairs]:
    """Choose the ending bias and the threshold by the relaxed micro F1 of relations, end to end: the
    highest threshold that is as good as the best but for ``TIE``.

    Args:
        run: the adapter, whose items are calibrated.
        records: reports that label attributes; each is extracted once for every bias.
        schemas: a name or a file, by what the records name as their schema.
        endings: the biases to try.

    Returns:
        The rows tried, the chosen one last; and of the chosen bias the probability of each attribute
        whose item is in the gold, with whether the gold has it there (relaxed).
    """
    model = LoadedModel(str(run))
    adapter = model.adapter
    assert adapter is not None
    tried: list[dict[str, Any]] = []
    pairs_of: dict[float, Pairs] = {}
    for ending in endings:
        # One model in memory; the extractor reads its adapter's settings when it first answers.
        model.adapter = replace(adapter, attributes=AttributeSettings(bias=ending))
        extractors = {key: NotesExtractor(schema, model=model) for key, schema in schemas.items()}
        answers = [extractors[r.schema].extract(r.text, id=r.id) for r in records]
        pairs_of[ending] = [
            row for both in zip(records, answers, strict=True) for row in correctness_pairs(*both)
        ]
        for threshold in ATTRIBUTE_THRESHOLDS:
            kept = [_likely(answer, threshold) for answer in answers]
            tried.append({"bias": ending, "threshold": threshold, **relation_f1(records, kept)})
        # F1 is flat: of what is as good as the best, that with the fewest false ones.
        good = max(row["relaxed"] for row in tried) - TIE
        near = [row for row in tried if row["relaxed"] >= good]
        best = max(near, key=lambda row: (row["threshold"], row["relaxed"], -row["bias"]))
        print({"attributes": best, "tried": len(tried)}, flush=True)
    return [*tried, best], pairs_of[best["bias"]]


def _likely(answer: Extraction, threshold: float) -> Extraction:
    """The extraction without the attributes that are less probable than that; those of rules stay."""
    return replace(
        answer,
        categories={
            key: tuple(
                replace(
                    item,
                    attributes=tuple(
                        a
                        for a in item.attributes
                        if a.confidence is None or a.confidence >= threshold
                    ),
                )
                for item in items
            )
            for key, items in answer.categories.items()
        },
    )


def relation_f1(records: Sequence[Record], answers: Sequence[Extraction]) -> dict[str, float]:
    """Exact and relaxed micro F1 of relations."""
    return {
        strength: _micro_f1(
            counts
            for record, given in zip(records, answers, strict=True)
            for counts in relations(pair(record, given), record.attributes, strength).values()
        )
        for strength in STRENGTHS
    }


def correctness_pairs(record: Record, answer: Extraction) -> Iterator[tuple[float, int]]:
    """Probability of each attribute of an item that is in the gold, and whether the gold has it
    there."""
    both = pair(record, answer)
    for key, gold in both.gold.items():
        for g, p in match_spans(gold, both.predicted[key]):
            for found in both.predicted[key][p].attributes:
                if found.type in record.attributes and found.confidence is not None:
                    known = (a for a in gold[g].attributes if a.type == found.type)
                    yield found.confidence, int(any(overlap(a, found) for a in known))


def _micro_f1(counts: Iterable[Counts]) -> float:
    total = sum(counts, Counts())
    return round(2 * total.tp / max(1, 2 * total.tp + total.fp + total.fn), 4)
