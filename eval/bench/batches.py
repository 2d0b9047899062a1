"""One batch in processes of its own, measured: its seconds, its memory, and what a killed worker costs it."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from corpora.synthetic import generate
from elmtex.extractors.base import Extractor, open_extractor
from elmtex.schema import CategorySchema, load_schema
from elmtex.types import Extraction, InputError, MissingDependencyError, Progress

_DRIVER = "import sys; from eval.bench.batches import batch; sys.exit(batch(sys.argv[1:]))"


@dataclass(frozen=True)
class Run:
    """One measured batch.

    Args:
        kind: ``processes`` (each with its part of the reports) or ``ray``.
        seconds_each: of the planted extractor; None for the packaged model.
        workers, reports: how many.
        killed: one worker was killed on the way.
        seconds: from start to end.
        driver_mb, all_mb: largest resident memory, of the first process and of it with all that it started; memory that
            processes share counts for each.
    """

    kind: str
    seconds_each: float | None
    workers: int
    reports: int
    killed: bool
    seconds: float
    driver_mb: float
    all_mb: float


def measured(
    kind: str, workers: int, reports: int, killed: bool, seconds_each: float | None
) -> Run:
    """One batch, in processes of its own, to its end.

    Raises:
        InputError: it failed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = _commands(kind, workers, reports, folder, seconds_each)
        began = time.perf_counter()
        running = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for command in commands]
        driver_mb, all_mb = _watch(running, folder, reports // 2 if killed else None)
        seconds = time.perf_counter() - began
        if any(process.returncode for process in running):
            raise InputError(f"a batch of {reports} reports by {workers} workers ({kind}) failed")
        lines = sum(_lines(path) for path in folder.glob("out*.jsonl"))
        if lines != reports:
            raise InputError(f"a batch of {reports} reports wrote {lines} rows")
    return Run(kind, seconds_each, workers, reports, killed, seconds, driver_mb, all_mb)


def _commands(
    kind: str, workers: int, reports: int, folder: Path, seconds_each: float | None
) -> list[list[str]]:
    texts = [record.text for record in islice(generate("en", reports), reports)]
    parts = [texts] if kind == "ray" else [texts[n::workers] for n in range(workers)]
    commands = []
    for number, part in enumerate(parts):
        rows = [json.dumps({"id": f"{number}-{n}", "text": text}) for n, text in enumerate(part)]
        (folder / f"in{number}.jsonl").write_text("\n".join(rows), "utf-8")
        planted = [] if seconds_each is None else [f"--planted={seconds_each}"]
        where = [str(folder / f"in{number}.jsonl"), "--out", str(folder / f"out{number}.jsonl")]
        how = ["--ray", "--workers", str(workers)] if kind == "ray" else ["--at-once", "1"]
        commands.append([sys.executable, "-c", _DRIVER, *planted, *where, *how])
    return commands


def batch(arguments: Sequence[str]) -> int:
    """``elmtex batch``; with ``--planted=SECONDS`` first, of an extractor that works so long."""
    from elmtex.cli import main as elmtex

    first, *rest = arguments
    if not first.startswith("--planted="):
        return elmtex(["batch", *arguments], make_extractor=packaged)
    seconds = float(first.partition("=")[2])
    return elmtex(["batch", *rest], make_extractor=lambda args: Planted(seconds))


def packaged(args: argparse.Namespace) -> Extractor:
    """The packaged model on one core, as each worker has it."""
    return open_extractor(threads=1)


class Planted(Extractor):
    """Works for some seconds, and finds nothing: what is left of a batch without a model.

    Args:
        seconds: of the processor, a report.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._schema = load_schema("elmtex")

    @property
    def schema(self) -> CategorySchema:
        return self._schema

    @property
    def model_name(self) -> str:
        return "planted"

    def folders(self) -> tuple[Path, ...]:
        return ()

    def settings(self) -> dict[str, str]:
        return {"seconds": str(self._seconds)}

    def load(self) -> None:
        return None

    def with_schema(self, schema: CategorySchema) -> Planted:
        raise NotImplementedError("a measurement has one schema")

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        end = time.process_time() + self._seconds
        while time.process_time() < end:
            pass
        return Extraction(id, "elmtex", "planted", "ok", (), dict.fromkeys(self._schema.keys, ()))

    def stream(self, report: str, *, id: str = "report") -> Any:
        yield Progress(self.extract(report, id=id), 1, 1)


def _watch(
    running: Sequence[subprocess.Popen[bytes]], folder: Path, kill_at: int | None
) -> tuple[float, float]:
    """Wait for processes; the largest memory of the first and of all, in MB. A worker is killed at so many rows."""
    try:
        import psutil
    except ImportError:
        raise MissingDependencyError("this measurement needs psutil: pip install psutil") from None
    driver_mb = all_mb = 0.0
    while any(process.poll() is None for process in running):
        total = 0.0
        for place, process in enumerate(running):
            try:
                own = psutil.Process(process.pid)
                family = [own, *own.children(recursive=True)]
                sizes = [one.memory_info().rss / 1e6 for one in family]
                names = ["".join(one.cmdline()[:1]) for one in family]
            except psutil.NoSuchProcess:  # a zombie, too
                continue
            total += sum(sizes)
            driver_mb = max(driver_mb, sizes[0]) if place == 0 else driver_mb
            workers = [one for one, name in zip(family, names, strict=True) if "MapWorker" in name]
            if kill_at is not None and workers and _lines(folder / "out0.jsonl") >= kill_at:
                workers[0].send_signal(signal.SIGKILL)
                kill_at = None
        all_mb = max(all_mb, total)
        time.sleep(0.1)
    return driver_mb, all_mb


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
