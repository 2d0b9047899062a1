"""What attributes cost: seconds a report with and without them, in turns in one process.

    python -m eval.bench.attributes --data MACCROBAT2020/ --format brat --limit 20 --out runs/pairs

Which of the two comes first changes from report to report. The first report is read once each way
before anything is timed. Writes attributes.json and attributes.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from elmtex.extractors.loaded_model import LoadedModel
from elmtex.extractors.notes import NotesExtractor
from elmtex.provenance import environment
from elmtex.types import ElmtexError, InputError
from eval.bench.engines import seconds_of, write_figures
from eval.config import RunConfig, parse
from eval.data import load_records
from eval.metrics.bootstrap import LEVEL, RESAMPLES
from eval.run import PACKAGES
from eval.tables import Rows, estimate


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; 0 done, 2 wrong usage."""
    try:
        used = ("data", "format", "out", "split", "limit", "model", "engine", "schema", "seed")
        config = parse(
            sys.argv[1:] if argv is None else argv, "eval.bench.attributes", __doc__ or "", used
        )
        records = load_records(config.data, config.format, config.split, config.limit)
        figures = measure(config, [record.text for record in records])
    except ElmtexError as error:
        print(f"eval.bench.attributes: {error}", file=sys.stderr)
        return 2
    write_figures(Path(config.out), "attributes", figures, table(figures))
    return 0


def measure(config: RunConfig, texts: Sequence[str]) -> dict[str, Any]:
    """The figures of ``attributes.json``."""
    model = LoadedModel(config.model, engine=config.engine)
    ways = [NotesExtractor(config.schema, model=model, attributes=on) for on in (True, False)]
    if not ways[0].has_attributes:
        raise InputError(f"{model.name} writes no attributes: give --model an adapter that does")
    for extractor in ways:
        extractor.extract(texts[0])
    pairs = []
    for number, text in enumerate(texts):
        turns = ways if number % 2 else ways[::-1]
        seconds = {id(way): seconds_of(lambda t=text, w=way: w.extract(t)) for way in turns}  # type: ignore[misc]
        pairs.append((seconds[id(ways[0])], seconds[id(ways[1])]))
    return {
        **environment(PACKAGES),
        "engine": ways[0].engine,
        "model": model.name,
        "reports": [{"with": on, "without": off} for on, off in pairs],
        "ratio": ratio_of_medians(pairs, config.seed),
    }


def ratio_of_medians(pairs: Sequence[tuple[float, float]], seed: int = 0) -> dict[str, Any]:
    """The first column's median over the second's, with a 95 % bootstrap interval over the pairs;
    ``ci`` is None with fewer than two."""
    table = np.array(pairs)  # (n, 2)
    n = len(table)
    drawn = np.random.default_rng(seed).integers(n, size=(RESAMPLES, n))
    medians = np.median(table[drawn], axis=1)  # (B, 2)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(medians[:, 0] / medians[:, 1], [tail, 1 - tail])
    value = float(np.median(table[:, 0]) / np.median(table[:, 1]))
    return {"value": value, "ci": [float(low), float(high)] if n > 1 else None, "n": n}


def table(figures: dict[str, Any]) -> Rows:
    """Medians of both ways, and their ratio."""
    rows, ratio = figures["reports"], figures["ratio"]
    return [
        ["figure", "measured"],
        *(
            [f"seconds per report, {way} attributes", f"{median(r[way] for r in rows):.2f}"]
            for way in ("with", "without")
        ),
        [f"with / without ({ratio['n']} reports)", estimate(ratio["value"], ratio["ci"], 2)],
    ]


if __name__ == "__main__":
    sys.exit(main())
