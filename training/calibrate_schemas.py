"""How sure an adapter is of items of schemas that it was not trained on: a threshold and a confidence of their own.

Fitted on every other report of each schema kept from training whole (:func:`corpora.schemas.halves`); the others are measured on
(:mod:`eval.own_schemas`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from elmtex.decoding.select import group
from elmtex.extractors.loaded_model import LoadedModel
from elmtex.extractors.notes import Notes, NotesExtractor
from elmtex.schema import CategorySchema, load_schema
from elmtex.types import Extraction, InputError, Record
from training.thresholds import WIDE, best, isotonic, scored, without_pairs

# Of the categories of templates, which are trained on: best on training/schemas/held_out_long (EXPERIMENTS.md)
TEMPLATE_THRESHOLD = 0.25
INVENTED = 0.1  # the most of the categories without gold that may be filled


def calibrate_schemas(
    run: Path, records: Sequence[Record], folder: Path
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Choose the threshold with the best mean of exact and relaxed micro F1 among those that fill at most ``INVENTED`` of
    the empty categories, and fit the confidence.

    Args:
        run: the adapter, with its biases.
        records: held-out reports, each of which names its schema.
        folder: of the schemas (NAME.json).

    Returns:
        The settings for elmtex.json, and the rows tried, the chosen one last.

    Raises:
        InputError: nothing is found in any report.
    """
    model = LoadedModel(str(run))
    schemas = {name: load_schema(folder / f"{name}.json") for name in {r.schema for r in records}}
    notes = []
    for record in records:
        extractor = NotesExtractor(
            schemas[record.schema], model=model, attributes=False, second_opinion=False
        )
        notes.append(extractor.notes(record.text))
    rows = list(_tried(records, notes, schemas))
    chosen = best([row for row in rows if row["invented"] <= INVENTED] or rows[-1:])
    if not chosen["correctness_pairs"]:
        raise InputError(f"{run} finds nothing in {len(records)} reports of schemas of their own")
    settings = {
        "threshold": chosen["threshold"],
        "template_threshold": min(chosen["threshold"], TEMPLATE_THRESHOLD),
        "calibration": isotonic(_listed_anywhere(rows)["correctness_pairs"]),
    }
    return settings, [without_pairs(row) for row in [*rows, chosen]]


def _listed_anywhere(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The row with all items that are listed for any schema: the confidence is for those of templates, too."""
    return next(row for row in rows if row["threshold"] >= TEMPLATE_THRESHOLD)


def _tried(
    records: Sequence[Record],
    notes: Sequence[Notes],
    schemas: Mapping[str | None, CategorySchema],
) -> Iterator[dict[str, Any]]:
    """A row per threshold: exact and relaxed F1, and the share of the categories without gold that are filled."""
    empty = [(i, key) for i, r in enumerate(records) for key in r.labelled if not r.items.get(key)]
    for threshold in WIDE:
        answers = []
        for record, known in zip(records, notes, strict=True):
            keys = schemas[record.schema].keys
            found = group(known.notes, keys, threshold=threshold, score=known.score)
            answers.append(Extraction("", "", "", "ok", (), found))
        filled = sum(bool(answers[i].categories[key]) for i, key in empty)
        invented = round(filled / max(1, len(empty)), 4)
        yield {"threshold": threshold, "invented": invented, **scored(records, answers)}
