"""How near the machine's limit the embedded engine is, on this machine with nothing else running.

    python -m eval.bench.speed --data MACCROBAT2020/ --format brat --limit 20 --out runs/speed

For each report: extraction against what the engine needs to read prompt, report and written notes
in one go, and that against the machine's matrix product. Then: many reports at once against one
after the other; memory and seconds of ``elmtex extract`` from start to end; seconds as reports grow
from 100 to 10,000 words. Writes speed.json, speed.md and lengths.png.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from elmtex.engines import read_prompt
from elmtex.extractors.notes import NotesExtractor
from elmtex.extractors.stage_times import NotesTimings
from elmtex.provenance import environment, usable_cores
from elmtex.types import ElmtexError, Record
from eval.bench.engines import (
    measure_roofline,
    parameters_of,
    roofline_of,
    seconds_of,
    write_figures,
)
from eval.config import RunConfig, parse
from eval.data import load_records
from eval.run import PACKAGES
from eval.tables import Rows

WORDS = (100, 300, 1000, 3000, 10_000)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; 0 done, 2 wrong usage."""
    try:
        used = ("data", "format", "out", "split", "limit", "model", "engine", "schema")
        config = parse(
            sys.argv[1:] if argv is None else argv, "eval.bench.speed", __doc__ or "", used
        )
        records = load_records(config.data, config.format, config.split, config.limit)
        figures = measure(config, records)
    except ElmtexError as error:
        print(f"eval.bench.speed: {error}", file=sys.stderr)
        return 2
    out = Path(config.out)
    write_figures(out, "speed", figures, table(figures))
    _plot(figures["lengths"], out / "lengths.png")
    return 0


def measure(config: RunConfig, records: Sequence[Record]) -> dict[str, Any]:
    """The figures of ``speed.json``; each part in a process of its own."""
    context = multiprocessing.get_context("spawn")

    def alone(work: Any, *arguments: Any) -> Any:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            return pool.submit(work, *arguments).result()

    texts, cores = [record.text for record in records], usable_cores()
    return {
        **environment(PACKAGES),
        "engine": _open(config, 1).engine,
        "floor": alone(measure_roofline),
        "reports": alone(one_by_one, config, texts),
        "at_once": {
            "reports": len(texts),
            "cores": cores,
            "one_by_one": alone(throughput, config, texts, 1),
            "at_once": alone(throughput, config, texts, cores),
        },
        "process": process(config, texts[0]),
        "lengths": alone(lengths, config, texts),
    }


def one_by_one(config: RunConfig, texts: Sequence[str]) -> list[dict[str, float]]:
    """Each report extracted, and then as many tokens as that took, read in one go."""
    extractor = _open(config, 1)
    extractor.extract(texts[0])
    layers = parameters_of(extractor.folders()[0]) - _embedding(extractor)
    rows = []
    for text in texts:
        began = time.perf_counter()
        timings = extractor.extract(text).timings
        seconds = time.perf_counter() - began
        assert isinstance(timings, NotesTimings)
        counts = timings.counts
        tokens = counts.prefix + counts.kept
        reading = min(seconds_of(lambda n=tokens: _read(extractor, n)) for _ in range(2))  # type: ignore[misc]
        rows.append(
            {
                "seconds": seconds,
                "passes": counts.passes,
                "prefix": counts.prefix,
                "fed": counts.fed,
                "kept": counts.kept,
                "reading": reading,
                "gflops": 2 * layers * tokens / reading / 1e9,
            }
        )
    return rows


def throughput(config: RunConfig, texts: Sequence[str], at_once: int) -> float:
    """Seconds of all reports, so many at once, when each shape of a pass has been seen."""
    extractor = _open(config, at_once)
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(extractor.extract, texts))
        return seconds_of(lambda: list(pool.map(extractor.extract, texts)))


def process(config: RunConfig, text: str) -> dict[str, float]:
    """Peak memory and wall-clock seconds of ``elmtex extract`` on a report, the converted model
    being cached."""
    program = [sys.executable, "-c", "import sys; from elmtex.cli import main; sys.exit(main())"]
    options = ["--engine", config.engine, *(["--model", config.model] if config.model else [])]
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.txt"
        report.write_text(text, "utf-8")
        rows = [_child([*program, "extract", str(report), *options]) for _ in range(3)]
    helps = [_child([*program, "--help"])[0] for _ in range(3)]
    return {
        "seconds": min(seconds for seconds, _ in rows),
        "peak_rss_mb": max(peak for _, peak in rows),
        "help_seconds": min(helps),
    }


def lengths(config: RunConfig, texts: Sequence[str]) -> list[dict[str, float]]:
    """Seconds of reports of growing length, put together from the given ones."""
    extractor = _open(config, 1)
    words = " ".join(texts).split(" ")
    while len(words) < max(WORDS):
        words += words
    extractor.extract(texts[0])
    return [
        {
            "words": n,
            "seconds": seconds_of(lambda n=n: extractor.extract(" ".join(words[:n]))),  # type: ignore[misc]
        }
        for n in WORDS
    ]


def table(figures: dict[str, Any]) -> Rows:
    """What was measured, one figure per row."""
    rows, process = figures["reports"], figures["process"]
    once, roofline = figures["at_once"], roofline_of(figures["floor"], figures["engine"])
    share = median(row["gflops"] for row in rows) / roofline["gflops"]
    shown = [
        ("seconds per report", f"{median(row['seconds'] for row in rows):.2f}"),
        ("passes", f"{median(row['passes'] for row in rows):.0f}"),
        (
            "tokens: prompt and report / fed after it / of these kept",
            " / ".join(f"{median(row[k] for row in rows):.0f}" for k in ("prefix", "fed", "kept")),
        ),
        (
            "times reading prompt, report and notes in one go",
            f"{median(row['seconds'] / row['reading'] for row in rows):.2f}",
        ),
        (
            f"of the {roofline['multiplies']} matrix product, when reading in one go",
            f"{share:.0%} of {roofline['gflops']:.0f} GFLOP/s",
        ),
        (
            f"reports per hour: one by one / {once['cores']} at once",
            f"{3600 * once['reports'] / once['one_by_one']:.0f} / {3600 * once['reports'] / once['at_once']:.0f}",
        ),
        ("throughput of many at once", f"{once['one_by_one'] / once['at_once']:.2f} times"),
        ("`elmtex extract` from start to end", f"{process['seconds']:.2f} s"),
        ("its peak memory", f"{process['peak_rss_mb']:.0f} MB"),
        ("`elmtex --help`", f"{process['help_seconds']:.2f} s"),
        *(
            (
                f"{row['words']:,} words",
                f"{row['seconds']:.1f} s, {1000 * row['seconds'] / row['words']:.2f} s per 1,000",
            )
            for row in figures["lengths"]
        ),
    ]
    # Medians of the reports; of the whole program the fastest of three starts, of each length one
    # run.
    return [["figure", "measured"], *map(list, shown)]


def _open(config: RunConfig, at_once: int) -> NotesExtractor:
    return NotesExtractor(config.schema, model=config.model, engine=config.engine, at_once=at_once)


def _read(extractor: NotesExtractor, tokens: int) -> None:
    """Read so many tokens as one causal text."""
    read_prompt(extractor.model.engine.session(), [100 + n % 1000 for n in range(tokens)])


def _embedding(extractor: NotesExtractor) -> int:
    """Parameters of the embedding, which take part in no product while reading."""
    config = json.loads((extractor.folders()[0] / "config.json").read_text("utf-8"))
    return int(config["vocab_size"]) * int(config["hidden_size"])


def _child(command: Sequence[str]) -> tuple[float, float]:
    """Wall-clock seconds and peak memory, in 10^6 bytes, of a command."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise ElmtexError(f"{command[-1]} ended with {child.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss * 1.024e-3


def _plot(rows: Sequence[dict[str, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    words, seconds = [row["words"] for row in rows], [row["seconds"] for row in rows]
    figure, axes = pyplot.subplots(figsize=(6, 4))
    axes.loglog(words, seconds, marker="o", label="measured")
    straight = [seconds[2] * n / words[2] for n in words]
    axes.loglog(words, straight, linestyle=":", label=f"in proportion to {words[2]:,} words")
    axes.set_xlabel("words of the report")
    axes.set_ylabel("seconds")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
