"""The written reports that are kept from training, German and English: exact and relaxed F1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpora import written
from corpora.shared.spans import without_overlap
from elmtex.types import Extraction, InputError, Record
from eval.metrics import score_sample
from eval.metrics.aggregate.counts import entities
from eval.metrics.bootstrap import Bootstrap


def load(folder: Path, categories: Sequence[str]) -> list[Record]:
    """The reports kept from training, labelled with those of the categories that a model was asked for, with each item once, as the
    gold standard has them (its rule 5).

    Raises:
        InputError: there is none.
    """
    found = [record for record in written.load(folder) if record.split == "dev"]
    if not found:
        raise InputError(f"no written report in {folder} is kept from training (dev-*.txt)")
    return [
        replace(
            record,
            labelled=tuple(key for key in record.labelled if key in categories),
            items={key: without_overlap(row, unique=True) for key, row in record.items.items()},
        )
        for record in found
    ]


def figures(records: Sequence[Record], documents: Mapping[str, Extraction]) -> dict[str, Any]:
    """By language and over all of them, with intervals over reports."""
    langs = sorted({record.lang for record in records})
    parts = {lang: [r for r in records if r.lang == lang] for lang in langs}
    return {
        name: _levels(part, documents) for name, part in {**parts, "all": list(records)}.items()
    }


def _levels(records: Sequence[Record], documents: Mapping[str, Extraction]) -> dict[str, Any]:
    samples = [score_sample(record, documents[record.id], id=record.id) for record in records]
    draws = Bootstrap.draw(len(samples))
    return {
        "exact": entities(samples, lambda sample: sample.exact, draws)["micro"],
        "relaxed": entities(samples, lambda sample: sample.relaxed, draws)["micro"],
    }
