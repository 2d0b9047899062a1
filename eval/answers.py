"""The answers of the systems: one line per system and report in ``answers.jsonl``, from which a run
resumes.

Failed answers are requested again.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elmtex.extractors.base import extract_safely, failure
from elmtex.provenance import git_hash
from elmtex.storage import AppendedLines
from elmtex.types import ElmtexError, Extraction, Record
from eval.config import RunConfig
from eval.systems import System

OpenSystem = Callable[[str, RunConfig], System]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system gave for a report.

    Args:
        key: SHA-256 of what decides the answer and its seconds: system, schema, model, digest,
            engine, report; where attributes are written, the gold's items, too.
        system: the system's name.
        seconds: wall-clock time of this report, without loading the model.
        peak_rss_mb: the process's highest resident memory so far, in 10^6 bytes; None where the
            platform does not report it, or the model runs on a server.
        extraction: the document.
        git: the commit that gave it.
        given: the gold's items with the attributes that the system wrote of them; None when it
            writes none, or the gold labels none. Its time is not part of ``seconds``.
    """

    key: str
    system: str
    seconds: float
    peak_rss_mb: float | None
    extraction: Extraction
    git: str | None = None
    given: Extraction | None = None

    @property
    def failed(self) -> bool:
        """Whether the system is to be asked again."""
        return "failed" in (self.extraction.status, self.given.status if self.given else "")

    def to_dict(self) -> dict[str, Any]:
        """The answer as a line of ``answers.jsonl``: ``given`` only when there is some."""
        data = {**asdict(self), "extraction": self.extraction.to_dict()}
        del data["given"]
        return data | ({"given": self.given.to_dict()} if self.given else {})


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
    from tqdm import tqdm

    system, git = open_system(name, config), git_hash()
    keys = [_key(system, record) for record in records]
    path = answers_file(config)
    with _lines(path).appending() as append:
        done = {key for key, row in known(path).items() if not row.failed}
        todo = [row for row in zip(records, keys, strict=True) if row[1] not in done]
        if todo:
            system.extractor.load()
        interval = 0.1 if sys.stderr.isatty() else 10
        for record, key in tqdm(todo, name, unit="report", mininterval=interval):
            append(_ask(system, record, key, git).to_dict())
    kept = len(records) - len(todo)
    return Answered(system.extractor.model_name, system.digest, system.engine, tuple(keys), kept)


def answers_file(config: RunConfig) -> Path:
    return Path(config.out) / "answers.jsonl"


def _lines(path: Path) -> AppendedLines:
    return AppendedLines(path, "an evaluation")


def known(path: Path) -> dict[str, Answer]:
    """The answers a file holds, by key, the last one of each, without a last line that is torn or
    being written.

    Raises:
        InputError: a line is none that :func:`answer` writes.
    """
    lines = _lines(path)
    found: dict[str, Answer] = {}
    for number, row in lines.rows():
        try:
            row["extraction"] = Extraction.from_dict(row["extraction"])
            row["given"] = Extraction.from_dict(row["given"]) if row.get("given") else None
            found[row["key"]] = Answer(**row)
        except (ValueError, KeyError, TypeError):
            raise lines.foreign(number) from None
    return found


def _ask(system: System, record: Record, key: str, git: str | None) -> Answer:
    began = time.perf_counter()
    extraction = extract_safely(system.extractor, record.text, record.id)
    seconds = time.perf_counter() - began
    peak = peak_rss_mb() if system.local else None
    given = _given(system, record) if _asks_for_attributes(system, record) else None
    return Answer(key, system.name, seconds, peak, extraction, git, given)


def _asks_for_attributes(system: System, record: Record) -> bool:
    return system.attributes is not None and bool(record.attributes)


def _given(system: System, record: Record) -> Extraction:
    """The gold's items with the system's attributes; a failure as of an extraction."""
    assert system.attributes is not None
    schema, model = system.extractor.schema, system.extractor.model_name
    gold = {key: record.items.get(key, ()) for key in schema.keys}
    try:
        items = system.attributes.add_attributes(record.text, gold)
    except ElmtexError as error:
        return failure(schema, model, record.id, str(error))
    except Exception as error:  # as in an extraction: its message may quote the report
        return failure(schema, model, record.id, f"it stopped with {type(error).__name__}")
    return Extraction(record.id, schema.name, model, "ok", (), dict(items))


def _key(system: System, record: Record) -> str:
    extractor = system.extractor
    parts = [system.name, extractor.schema.document, extractor.model_name, system.digest]
    parts.append(system.engine)
    if system.attributes is not None:
        parts.append("attributes")
    if _asks_for_attributes(system, record):
        parts.append(json.dumps(record.to_dict()["items"], sort_keys=True))
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
