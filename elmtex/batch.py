"""Extract many reports into one JSON Lines file that survives a kill and can be gone on with.

Each line is a document as the command line's ``jsonl`` prints it, plus ``key``: a hash of the report's text, the schema
and the model, by which a resumed run knows what is done. A line is written, flushed and synced whole before the
next one; the half line that a kill may leave behind is cut off by the next ``--resume``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elmtex.reading import Report
from elmtex.run_record import digest
from elmtex.schema import CategorySchema
from elmtex.types import ElmtexError, Extraction, InputError

if TYPE_CHECKING:
    from elmtex.pipeline import Extractor

_LINE_START = b'{"id": '  # of every line written here; a torn last line must begin like it

# (id, key) → statuses of the lines that OUT has for it; more than one when inputs repeat a report.
Done = defaultdict[tuple[str, str], list[str]]


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch went.

    Args:
        statuses: number of the inputs' reports by status, those kept from an earlier run included.
        kept: reports whose line an earlier run had written.
        others: lines of OUT that belong to none of the inputs, or to another schema or model.
    """

    statuses: Mapping[str, int]
    kept: int
    others: int

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def all_ok(self) -> bool:
        return set(self.statuses) <= {"ok"}


def extract_safely(extractor: Extractor, report: str, id: str) -> Extraction:
    """Extract one report; an error becomes an extraction with status ``failed`` that says its kind.

    An error's own message is kept only when elmtex raised it: others may quote the report.
    """
    try:
        return extractor.extract(report, id=id)
    except ElmtexError as error:
        problem = str(error)
    except Exception as error:  # whatever one report does must not stop the others
        problem = f"the extraction stopped with {type(error).__name__}"
    return failure(extractor.schema, extractor.model_name, id, problem)


def failure(schema: CategorySchema, model: str, id: str, problem: str) -> Extraction:
    """The extraction of a report that gave none: every category empty, status ``failed``, and why."""
    return Extraction(
        id=id,
        schema=schema.name,
        model=model,
        status="failed",
        problems=(problem,),
        categories=dict.fromkeys(schema.keys, ()),
    )


def run(
    extractor: Extractor,
    reports: Iterable[Report],
    out: Path,
    *,
    resume: bool = False,
    total: int | None = None,
    at_once: int = 1,
) -> Summary:
    """Extract each report and append its line to a file, in order; a progress bar goes to stderr.

    Args:
        extractor: anything with ``schema``, ``model_name``, ``folders()`` and ``extract(report, id=…)``; tests pass a
            fake one here.
        reports: read one at a time. Ids may repeat: each report gets a line of its own.
        out: the file; it must not exist unless ``resume`` is set.
        resume: go on with ``out``: keep its lines, cut a torn last one, try those with status ``failed`` again and
            leave out reports that have a line for the same id, text, schema and model.
        total: number of reports for the progress bar; None when unknown.
        at_once: threads that extract; with more than one a kill may cost up to ``4 * at_once`` reports' work.

    Raises:
        InputError: ``out`` exists (without ``resume``), is no output of a batch, cannot be written, or is being
            written by another run.
    """
    from tqdm import tqdm

    statuses: Counter[str] = Counter()
    kept = 0
    # A log file gets a line every ten seconds, a terminal a moving bar.
    interval = 0.1 if sys.stderr.isatty() else 10
    with _writing(out), _locked(out):
        done = _take_up(out) if resume else _create(out)
        model = digest(extractor.folders())  # its name alone may be that of another one
        with (
            out.open("ab") as file,
            tqdm(total=total, unit="report", file=sys.stderr, mininterval=interval) as bar,
        ):

            def missing() -> Iterator[tuple[Report, str]]:
                nonlocal kept
                for report in reports:
                    key = _key(extractor, report, model)
                    if before := done.get((report.id, key)):
                        statuses[before.pop()] += 1
                        kept += 1
                        bar.update()
                    else:
                        yield report, key

            for extraction, key in _extracted(extractor, missing(), at_once):
                statuses[_write(file, extractor, extraction, key)] += 1
                bar.update()
    return Summary(dict(statuses), kept, sum(map(len, done.values())))


def _extracted(
    extractor: Extractor, reports: Iterable[tuple[Report, str]], at_once: int
) -> Iterator[tuple[Extraction, str]]:
    """The extractions of reports with their keys, in order; not many more reports are read than are at work."""

    def extraction(report: Report) -> Extraction:
        if report.text is None:
            problem = report.problem or "it could not be read"
            return failure(extractor.schema, extractor.model_name, report.id, problem)
        return extract_safely(extractor, report.text, report.id)

    if at_once == 1:
        yield from ((extraction(report), key) for report, key in reports)
        return
    waiting: deque[tuple[Future[Extraction], str]] = deque()
    pool = ThreadPoolExecutor(at_once)
    try:
        for report, key in reports:
            waiting.append((pool.submit(extraction, report), key))
            if (
                len(waiting) == 4 * at_once
            ):  # a long report holds up the lines, not the work, of some others
                future, first = waiting.popleft()
                yield future.result(), first
        yield from ((future.result(), first) for future, first in waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _write(file: Any, extractor: Extractor, extraction: Extraction, key: str) -> str:
    """Write an extraction's line; its status."""
    try:
        line = _line(extraction, key)
    except (
        ValueError
    ) as error:  # a number or string that JSON cannot hold: this report's defect only
        problem = f"its document is not JSON ({type(error).__name__})"
        extraction = failure(extractor.schema, extractor.model_name, extraction.id, problem)
        line = _line(extraction, key)
    file.write(line)
    file.flush()
    os.fsync(file.fileno())
    return extraction.status


def _line(extraction: Extraction, key: str) -> bytes:
    data = {**extraction.to_dict(), "key": key}
    return json.dumps(data, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"


def _key(extractor: Extractor, report: Report, model: str) -> str:
    """SHA-256 of what decides the answer: text, schema (a subset of its categories is another one), model."""
    schema = extractor.schema
    parts = [report.text, schema.name, schema.document, extractor.model_name, model]
    if coding := getattr(extractor, "coding", None):  # a line without codes is none with them
        parts.append(coding)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Turn what the operating system says about ``out`` into an :class:`InputError`."""
    try:
        yield
    except FileExistsError:
        raise InputError(f"{out} exists: go on with it by --resume, or give another name") from None
    except IsADirectoryError:
        raise InputError(f"{out} is a directory: give the name of a file") from None
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"cannot write {out}: there is no folder {out.parent}") from None
    except OSError as error:
        raise InputError(
            f"cannot write {out}: {error.strerror}; what it has is kept, --resume goes on with it"
        ) from None


@contextlib.contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold the lock file ``.OUT.lock``; the system frees it when the process dies, however that happens.

    The empty file stays: taking it away could let two waiting runs lock two files of the same name.
    """
    from filelock import FileLock, Timeout

    if not out.parent.is_dir():
        raise FileNotFoundError  # the lock would create it: a slip in a path must not
    whole = out.resolve()  # where a link leads
    lock = FileLock(whole.with_name(f".{whole.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(
            f"another run is writing {out}: wait for it or give another name"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _create(out: Path) -> Done:
    with out.open("xb"):
        return defaultdict(list)


def _take_up(out: Path) -> Done:
    """The lines ``out`` has, after a torn last line and failed reports have been taken out of it."""
    done: Done = defaultdict(list)
    if not out.exists():
        return _create(out)
    whole = out.resolve()  # where a link leads
    rest = whole.with_name(f".{whole.name}.part")
    dropped = False
    try:
        with whole.open("rb") as old, rest.open("wb") as new:
            shutil.copymode(whole, rest)
            for number, line in enumerate(old, 1):
                name, key, status = _read_line(line, number, out)
                if status in ("torn", "failed"):
                    dropped = True
                else:
                    done[name, key].append(status)
                    new.write(line)
            new.flush()
            os.fsync(new.fileno())
        if dropped:
            rest.replace(whole)  # whole or not at all, also when killed here
    finally:
        rest.unlink(missing_ok=True)
    return done


def _read_line(line: bytes, number: int, out: Path) -> tuple[str, str, str]:
    """Id, key and status of a line of ``out``; the status is ``torn`` for what a kill left of the last line."""
    if not line.endswith(b"\n") and line[: len(_LINE_START)] == _LINE_START[: len(line)]:
        return "", "", "torn"
    try:
        row = json.loads(line.decode("utf-8"))
        name, key, status = row["id"], row["key"], row["status"]
        if all(isinstance(field, str) for field in (name, key, status)):
            return name, key, status
        raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        # Nothing is cut from a file that may be somebody's data.
        raise InputError(
            f"line {number} of {out} is not one that elmtex batch writes: give another file to --out"
        ) from None
