"""Extract many reports into one JSON Lines file that survives a kill and can be gone on with.

Each line is a document as the command line's ``jsonl`` prints it, plus ``key``: a hash of the report's text, a hyphen,
and a hash of all that its answer depends on (:func:`_settings`), by which a resumed run knows what is done. A line is
written, flushed and synced whole before the next one; the half line that a kill may leave behind, or the zeros that a power
cut may, are cut off by the next ``--resume``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elmtex.provenance import digest
from elmtex.readers.text_files import Report
from elmtex.schema import CategorySchema
from elmtex.storage import sync
from elmtex.types import ElmtexError, Extraction, InputError

if TYPE_CHECKING:
    from elmtex.extractors.notes import Extractor

_LINE_START = b'{"id": '  # of every line written here; a torn last line must begin like it

# (id, key) → status of the line that OUT has for it.
Done = dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch went.

    Args:
        statuses: number of the inputs' reports by status, those kept from an earlier run included.
        kept: reports whose line an earlier run had written.
        redone: of the others, reports that OUT had an answer to that was made with other settings; it is gone.
        repeated: reports that stand in the inputs again, same id and text; they have one line.
        others: lines of OUT that belong to none of the inputs.
    """

    statuses: Mapping[str, int]
    kept: int
    others: int
    redone: int = 0
    repeated: int = 0

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
        extractor: anything with ``schema``, ``model_name``, ``folders()``, ``settings()`` and ``extract(report, id=…)``;
            tests pass a fake one here.
        reports: read one at a time. Ids may repeat with other texts: each report gets a line of its own. One that stands
            there twice, same id and text, is answered once.
        out: the file; it must not exist unless ``resume`` is set.
        resume: go on with ``out``: keep its lines, cut a torn last one, try those with status ``failed`` again and
            leave out reports that have a line for the same id, text, schema, model and settings. A line for the same id
            and text made with others is taken out at the end, when the report has been answered anew.
        total: number of reports for the progress bar; None when unknown.
        at_once: threads that extract; with more than one a kill may cost up to ``4 * at_once`` reports' work.

    Raises:
        InputError: ``out`` exists (without ``resume``), is no output of a batch, cannot be written, or is being
            written by another run.
    """
    from tqdm import tqdm

    answered: Done = {}  # this run's inputs, those of an earlier run included
    times: Counter[tuple[str, str]] = Counter()
    kept = 0
    # A log file gets a line every ten seconds, a terminal a moving bar.
    interval = 0.1 if sys.stderr.isatty() else 10
    with _writing(out), _locked(out):
        done = _take_up(out) if resume else _create(out)
        settings = _settings(extractor)
        with (
            out.open("ab") as file,
            tqdm(total=total, unit="report", file=sys.stderr, mininterval=interval) as bar,
        ):

            def missing() -> Iterator[tuple[Report, str]]:
                nonlocal kept
                for report in reports:
                    one = report.id, _key(report, settings)
                    times[one] += 1
                    if times[one] > 1:
                        bar.update()
                    elif status := done.get(one):
                        answered[one] = status
                        kept += 1
                        bar.update()
                    else:
                        yield report, one[1]

            for extraction, key in _extracted(extractor, missing(), at_once):
                answered[extraction.id, key] = _write(file, extractor, extraction, key)
                bar.update()
        superseded = _superseded(done, answered)
        if superseded:
            _keep(out, lambda name, key, _: (name, key) not in superseded)
    statuses: Counter[str] = Counter()
    for one, status in answered.items():
        statuses[status] += times[one]
    return Summary(
        dict(statuses),
        kept,
        others=len(done.keys() - answered.keys() - superseded),
        redone=len({(name, _text_of(key)) for name, key in superseded}),
        repeated=times.total() - len(times),
    )


def _superseded(done: Done, answered: Done) -> set[tuple[str, str]]:
    """The earlier lines whose report, same id and text, has an answer with this run's settings by now."""
    # What failed now has lost nothing that it had.
    anew = {(name, _text_of(key)) for (name, key), status in answered.items() if status != "failed"}
    return {one for one in done.keys() - answered.keys() if (one[0], _text_of(one[1])) in anew}


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


def _settings(extractor: Extractor) -> str:
    """SHA-256 of all but the report that decides an answer.

    The schema's name and document (a subset of its categories is another one), the model's name and files, elmtex's
    version, and what the extractor names itself: strategy, engine, precision, server, examples.
    """
    from elmtex import __version__

    schema = extractor.schema
    parts = [
        *(schema.name, schema.document, __version__),
        # The model's name alone may be that of another one.
        *(extractor.model_name, digest(extractor.folders()), extractor.settings()),
        getattr(extractor, "coding", None),  # a line without codes is none with them
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _key(report: Report, settings: str) -> str:
    text = hashlib.sha256(
        json.dumps(report.text).encode()
    ).hexdigest()  # null: it could not be read
    return f"{text}-{settings}"


def _text_of(key: str) -> str:
    return key.partition("-")[0]


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
        return {}


def _take_up(out: Path) -> Done:
    """The lines ``out`` has, after a torn last line and failed reports have been taken out of it."""
    if not out.exists():
        return _create(out)
    done: Done = {}

    def wanted(name: str, key: str, status: str) -> bool:
        if status in ("torn", "failed") or (name, key) in done:
            return False
        done[name, key] = status
        return True

    _keep(out, wanted)
    return done


def _keep(out: Path, wanted: Callable[[str, str, str], bool]) -> None:
    """Take lines out of ``out``: all of them or, also when killed here, none.

    Args:
        out: the file.
        wanted: of a line's id, key and status, whether it stays.
    """
    whole = out.resolve()  # where a link leads
    rest = whole.with_name(f".{whole.name}.part")
    dropped = False
    try:
        with whole.open("rb") as old, rest.open("wb") as new:
            shutil.copymode(whole, rest)
            size = whole.stat().st_size
            for number, line in enumerate(old, 1):
                if wanted(*_read_line(line, number, out, is_last=old.tell() == size)):
                    new.write(line)
                else:
                    dropped = True
            new.flush()
            os.fsync(new.fileno())
        if dropped:
            rest.replace(whole)
            sync(whole.parent)
    finally:
        rest.unlink(missing_ok=True)


def _read_line(line: bytes, number: int, out: Path, is_last: bool) -> tuple[str, str, str]:
    """Id, key and status of a line of ``out``; the status is ``torn`` for what a kill left of the last line."""
    if is_last and _is_torn(line):
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


def _is_torn(line: bytes) -> bool:
    """Whether the last line is what a kill or a power cut leaves of one of ours.

    Blocks that were given to a file and not yet written read as zeros after a power cut; JSON holds none.
    """
    begins_like_ours = all(byte in (0, own) for byte, own in zip(line, _LINE_START, strict=False))
    return begins_like_ours and (b"\0" in line or not line.endswith(b"\n"))
