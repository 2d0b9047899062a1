"""A finished run's folder, read back: for the page and for comparisons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elmtex import records
from elmtex.types import Extraction, InputError, Record
from eval.answers import known
from eval.metrics import Sample


@dataclass(frozen=True, slots=True)
class Results:
    """What a run wrote.

    Args:
        folder: the run's ``--out``.
        metrics: ``metrics.json``: figures by system, in the order they were asked for.
        samples: scores by system and report id.
        extractions: documents by system and report id.
        records: the gold by report id.
        record: ``record.json``: how it was run.
    """

    folder: Path
    metrics: Mapping[str, Any]
    samples: Mapping[str, Mapping[str, Sample]]
    extractions: Mapping[str, Mapping[str, Extraction]]
    records: Mapping[str, Record]
    record: Mapping[str, Any]


def read(folder: Path) -> Results:
    """Read a run's folder.

    Raises:
        InputError: it is not one, or its run has not come to its end.
    """
    missing = [
        n for n in ("metrics.json", "samples.jsonl", "record.json") if not (folder / n).is_file()
    ]
    if missing:
        raise InputError(
            f"{folder} holds no finished run ({missing[0]} is missing): run python -m eval.run --out {folder}"
        )
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    answers = known(folder / "answers.jsonl")
    samples: dict[str, dict[str, Sample]] = {name: {} for name in metrics}
    extractions: dict[str, dict[str, Extraction]] = {name: {} for name in metrics}
    with (folder / "samples.jsonl").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            row = json.loads(line)
            samples[row["system"]][row["id"]] = Sample.from_dict(row)
            extractions[row["system"]][row["id"]] = answers[row["key"]].extraction
    return Results(
        folder,
        metrics,
        samples,
        extractions,
        {record.id: record for record in records.load(folder / "records.jsonl")},
        json.loads((folder / "record.json").read_text("utf-8")),
    )
