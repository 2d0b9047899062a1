"""The answers of the systems: one line per system and report in ``answers.jsonl``, by which a run is gone on with.

A line is appended, flushed and synced whole before the next report begins. What a kill leaves of a last line is cut off
at the next start, and answers with status ``failed`` are asked for again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elmtex.batch import extract_safely
from elmtex.run_record import git_hash
from elmtex.types import Extraction, InputError, Record
from eval.config import RunConfig
from eval.systems import System

OpenSystem = Callable[[str, RunConfig], System]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system gave for a report.

    Args:
        key: SHA-256 of what decides the answer and its seconds: system, schema, model, digest, engine, report.
        system: the system's name.
        seconds: wall-clock time of this report, without loading the model.
        peak_rss_mb: the process's highest resident memory so far, in 10^6 bytes; None where the platform does not tell, or
            the model runs on a server.
        extraction: the document.
        git: the commit that gave it.
    """

    key: str
    system: str
    seconds: float
    peak_rss_mb: float | None
    extraction: Extraction
    git: str | None = None

    def line(self) -> bytes:
        row = {**asdict(self), "extraction": self.extraction.to_dict()}
        return json.dumps(row, allow_nan=False).encode("utf-8") + b"\n"


@dataclass(frozen=True, slots=True)
class Answered:
    """One system's part of a run.

    Args:
        model: what its documents call the model.
        digest, engine: see :class:`eval.systems.System`.
        keys: the key of every record's answer, in the records' order.
        kept: how many of them an earlier run had written.
    """

    model: str
    digest: str
    engine: str
    keys: tuple[str, ...]
    kept: int


def answer(
    name: str, config: RunConfig, records: Sequence[Record], open_system: OpenSystem
) -> Answered:
    """Let one system extract every record that has no answer yet; progress goes to stderr.

    Run in a process of its own: its peak memory is then the system's.

    Raises:
        InputError: the system cannot be opened, or another run is writing the same file.
    """
    from filelock import FileLock, Timeout
    from tqdm import tqdm

    system, git = open_system(name, config), git_hash()
    keys = [_key(system, record) for record in records]
    path = answers_file(config)
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=0):
            done = {key for key, row in known(path).items() if row.extraction.status != "failed"}
            _cut(path)
            todo = [row for row in zip(records, keys, strict=True) if row[1] not in done]
            if todo:
                system.extractor.load()
            with path.open("ab") as file:
                interval = 0.1 if sys.stderr.isatty() else 10
                for record, key in tqdm(todo, name, unit="report", mininterval=interval):
                    _append(file, _ask(system, record, key, git))
    except Timeout:
        raise InputError(
            f"another run is writing {path}: wait for it or give another --out"
        ) from None
    kept = len(records) - len(todo)
    return Answered(system.extractor.model_name, system.digest, system.engine, tuple(keys), kept)


def answers_file(config: RunConfig) -> Path:
    return Path(config.out) / "answers.jsonl"


def _cut(path: Path) -> None:
    """Take a torn last line off the file; only under its lock, as another run may be writing one."""
    if path.exists():
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)


def known(path: Path) -> dict[str, Answer]:
    """The answers a file holds, by key, the last one of each, without a last line that is torn or being written.

    Raises:
        InputError: a line is none that :func:`answer` writes.
    """
    if not path.exists():
        return {}
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    rows: dict[str, Answer] = {}
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            row = json.loads(line)
            row["extraction"] = Extraction.from_dict(row["extraction"])
            rows[row["key"]] = Answer(**row)
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"line {number} of {path} is not an evaluation's: give another folder to --out"
            ) from None
    return rows


def _ask(system: System, record: Record, key: str, git: str | None) -> Answer:
    began = time.perf_counter()
    extraction = extract_safely(system.extractor, record.text, record.id)
    seconds = time.perf_counter() - began
    peak = peak_rss_mb() if system.local else None
    return Answer(key, system.name, seconds, peak, extraction, git)


def _append(file: Any, given: Answer) -> None:
    file.write(given.line())
    file.flush()
    os.fsync(file.fileno())


def _key(system: System, record: Record) -> str:
    extractor = system.extractor
    parts = [system.name, extractor.schema.document, extractor.model_name, system.digest]
    parts.append(system.engine)
    return hashlib.sha256(
        json.dumps([*parts, record.id, record.text], sort_keys=True).encode()
    ).hexdigest()


def peak_rss_mb() -> float | None:
    """The highest resident memory of this process so far, in 10^6 bytes."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:  # not Linux
        return None
    # Not getrusage: its maximum survives exec, so that a child would start with its parent's.
    return next(int(line.split()[1]) * 1.024e-3 for line in lines if line.startswith("VmHWM:"))
