"""Set from which probability on an attribute reader's answers count, by what is right end to end.

    python -m training.calibrate_reader runs/attributes --model runs/mine --data data

``training.attribute_reader`` chooses that threshold with the gold items given. A user gets an adapter's items, some of them wrong or cut
otherwise, and the attributes of these are wrong, too: a higher threshold is better. Writes it into the reader's attributes.json;
the confidences stay as they are.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from elmtex.extractors.base import open_extractor
from elmtex.extractors.notes import NotesExtractor
from elmtex.models.adapter import load_adapter, packaged_adapter
from elmtex.models.attribute_reader import FACTS, READERS
from elmtex.types import ElmtexError, InputError, Record
from eval.data import load_records
from training.calibrate import write_settings
from training.calibrate_attributes import relation_f1
from training.encoder_export import write_facts
from training.thresholds import best

THRESHOLDS = tuple(np.round(np.arange(0.4, 0.66, 0.025), 3).tolist())


def calibrate_reader(
    reader: Path,
    model: Path,
    records: Sequence[Record],
    schema: str = "elmtex",
    thresholds: Sequence[float] = THRESHOLDS,
) -> list[dict[str, Any]]:
    """Choose the threshold with the best mean of exact and relaxed micro F1 of relations, end to end.

    Args:
        reader: its folder, which is changed.
        model: the adapter's folder, which is calibrated, with or without a reader.
        records: held-out reports that label attributes.
        schema: name or file of the categories.

    Returns:
        The rows tried, the chosen one last.
    """
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        adapter = shutil.copytree(model, Path(scratch) / "adapter")
        trial = shutil.copytree(reader, Path(scratch) / "reader")
        write_settings(adapter, attribute_reader=str(trial))
        without = open_extractor("finetuned", schema, model=str(adapter), attributes=False)
        found = [without.extract(r.text, id=r.id) for r in records]
        for threshold in thresholds:
            _set(trial, threshold)
            extractor = open_extractor("finetuned", schema, model=str(adapter))
            assert isinstance(extractor, NotesExtractor)
            answers = [
                replace(a, categories=extractor.add_attributes(r.text, a.categories))
                for r, a in zip(records, found, strict=True)
            ]
            rows.append({"threshold": threshold, **relation_f1(records, answers)})
            print(rows[-1], flush=True)
    chosen = best(rows)
    _set(reader, chosen["threshold"])
    return [*rows, chosen]


def _set(reader: Path, threshold: float) -> None:
    facts = json.loads((reader / FACTS).read_text("utf-8"))
    write_facts(reader, READERS, {**facts, "threshold": threshold})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reader", type=Path, help="the attribute reader's folder")
    parser.add_argument("--data", type=Path, required=True, help="folder made by training.prepare")
    parser.add_argument(
        "--model", type=Path, help="the adapter's folder; default: the packaged one"
    )
    parser.add_argument("--schema", default="elmtex", help="name, or file of categories")
    given = parser.parse_args()
    adapter = load_adapter(given.model) if given.model else packaged_adapter()
    if adapter is None or adapter.folder is None:
        raise InputError("no adapter is packaged: give --model")
    READERS.folder(given.reader)
    records = [
        r for r in load_records(str(given.data / "dev.jsonl"), "jsonl", "all") if r.attributes
    ]
    if not records:
        raise InputError(f"{given.data / 'dev.jsonl'} labels no attributes")
    print(json.dumps(calibrate_reader(given.reader, adapter.folder, records, given.schema)[-1]))


if __name__ == "__main__":
    try:
        main()
    except ElmtexError as error:
        print(f"training.calibrate_reader: {error}", file=sys.stderr)
        sys.exit(2)
