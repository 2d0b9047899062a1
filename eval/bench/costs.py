"""What each system costs, on this machine in one run: seconds, memory, energy and money a report.

    python -m eval.bench.costs --data data/test.jsonl --format jsonl --split all --limit 20 \\
        --systems finetuned,student,naive,icl --student runs/student --price 0.10 \\
        --trained finetuned=elmtex/models/adapters/elmtex-8 student=runs/student --out runs/costs

Each system reads the same reports in a process of its own, after one that is not counted. ``--price`` is what an hour of the
machine costs, in any currency; ``--trained`` names the folders whose record.json says what training took. Measure with nothing
else running. Writes costs.json and costs.md; ratios are against the first system.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from elmtex.extractors.base import extract_safely
from elmtex.provenance import environment
from elmtex.types import ElmtexError, InputError, Record
from eval.answers import OpenSystem, peak_rss_mb
from eval.bench.energy import Meter
from eval.bench.engines import write_figures
from eval.config import RunConfig, parse
from eval.data import load_records
from eval.metrics.bootstrap import RESAMPLES, Bootstrap, ratio
from eval.run import PACKAGES
from eval.systems import open_system
from eval.tables import Rows

MILLION = 1_000_000
_USED = (
    *("data", "format", "out", "split", "systems", "limit", "model", "student", "base", "server"),
    *("examples", "engine", "schema", "second_opinion"),
)


def main(argv: Sequence[str] | None = None, *, opener: OpenSystem = open_system) -> int:
    """Measure; 0 done, 2 wrong usage. ``opener``: see :func:`eval.run.main`."""
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument("--price", type=float, default=0.1)
    own.add_argument("--trained", nargs="+", default=[], metavar="SYSTEM=FOLDER")
    given, rest = own.parse_known_args(sys.argv[1:] if argv is None else argv)
    try:
        config = parse(rest, "eval.bench.costs", __doc__ or "", _USED)
        records = load_records(config.data, config.format, config.split, config.limit)
        figures = {
            **environment(PACKAGES),
            "settings": config.to_dict(),
            "reports": len(records),
            "price_per_hour": given.price,
            "systems": {
                name: _in_own_process(name, config, records, opener) for name in config.systems
            },
        }
        for name, spent in _training(given.trained).items():
            if name not in figures["systems"]:
                raise InputError(f"trained: {name!r} is none of the systems measured")
            figures["systems"][name]["training"] = spent
        write_figures(Path(config.out), "costs", figures, table(figures))
    except ElmtexError as error:
        print(f"eval.bench.costs: {error}", file=sys.stderr)
        return 2
    return 0


def measure(
    name: str, config: RunConfig, records: Sequence[Record], opener: OpenSystem
) -> dict[str, Any]:
    """The costs of one system; run in a process of its own, whose peak memory is then the system's."""
    system = opener(name, config)
    began = time.perf_counter()
    system.extractor.load()
    loading = time.perf_counter() - began
    extract_safely(system.extractor, records[0].text, "first")  # compiles, fills caches
    seconds, failed = [], 0
    with Meter() as meter:
        for record in records:
            began = time.perf_counter()
            failed += extract_safely(system.extractor, record.text, record.id).status == "failed"
            seconds.append(time.perf_counter() - began)
    taken = np.array(seconds)
    return {
        "model": system.extractor.model_name,
        "load_seconds": loading,
        "seconds": float(taken.mean()),
        "seconds_ci": Bootstrap.draw(len(taken), RESAMPLES, config.seed).interval(
            ratio(taken, np.ones(len(taken)))
        ),
        "failed": failed,
        "peak_rss_mb": peak_rss_mb() if system.local else None,
        "joules": None if meter.joules is None or not system.local else meter.joules / len(taken),
        "energy_by": meter.source,
    }


def _in_own_process(
    name: str, config: RunConfig, records: Sequence[Record], opener: OpenSystem
) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measure, name, config, records, opener).result()


def _training(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Seconds, and megabytes where it was recorded, of every stage of each system's training."""
    spent = {}
    for line in given:
        name, named, folder = line.partition("=")
        path = Path(folder) / "record.json"
        if not named or not path.is_file():
            raise InputError(f"trained {line!r}: give SYSTEM=FOLDER of a folder with record.json")
        record = json.loads(path.read_text("utf-8"))
        stages = record.get("stages", [record])
        memory = [s["peak_rss_mb"] for s in stages if s.get("peak_rss_mb")]
        spent[name] = {
            "seconds": sum(stage.get("seconds", 0) for stage in stages),
            "peak_rss_mb": max(memory, default=None),
        }
    return spent


def table(figures: Mapping[str, Any]) -> Rows:
    """The figures as rows; the first is the header."""
    systems, price = figures["systems"], figures["price_per_hour"]
    first = next(iter(systems.values()))

    def row(title: str, cell: Any) -> list[str]:
        return [title, *(cell(one) for one in systems.values())]

    def trained(one: Mapping[str, Any], key: str, scale: float) -> str:
        value = one.get("training", {}).get(key)
        return "–" if not value else f"{value / scale:,.1f}"

    def joules(one: Mapping[str, Any]) -> str:
        return "–" if one["joules"] is None else f"{one['joules']:.1f} ({one['energy_by']})"

    def interval(one: Mapping[str, Any]) -> str:
        return (
            f" [{one['seconds_ci'][0]:.3f}, {one['seconds_ci'][1]:.3f}]"
            if one["seconds_ci"]
            else ""
        )

    def memory(one: Mapping[str, Any]) -> str:
        return "–" if one["peak_rss_mb"] is None else f"{one['peak_rss_mb']:.0f}"

    return [
        ["", *systems],
        row("model", lambda one: one["model"]),
        row("seconds a report", lambda one: f"{one['seconds']:.3f}{interval(one)}"),
        row("reports an hour", lambda one: f"{3600 / one['seconds']:,.0f}"),
        row("times faster", lambda one: f"{first['seconds'] / one['seconds']:.1f}"),
        row("peak memory, MB", memory),
        row("joules a report", joules),
        row(
            f"price of a million reports, at {price:g} an hour",
            lambda one: f"{one['seconds'] * MILLION / 3600 * price:,.2f}",
        ),
        row("times cheaper", lambda one: f"{first['seconds'] / one['seconds']:.1f}"),
        row("training, hours", lambda one: trained(one, "seconds", 3600)),
        row("training, peak memory in GB", lambda one: trained(one, "peak_rss_mb", 1000)),
        row("failed", lambda one: f"{one['failed']} of {figures['reports']}"),
    ]


if __name__ == "__main__":
    sys.exit(main())
