"""Extract many reports into one JSON Lines file that survives a kill and can be resumed.

Each line is a document as the command line's ``jsonl`` prints it, plus ``key``: a hash of the report's text, a hyphen,
and a hash of all that its answer depends on (:func:`_settings`), by which a resumed run knows what is done.
:class:`elmtex.storage.AppendedLines` says what a kill can do to it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elmtex.extractors.base import Extractor, failure
from elmtex.provenance import digest
from elmtex.readers.text_files import Report
from elmtex.storage import AppendedLines
from elmtex.types import Extraction, InputError

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
        extractor: any; tests pass a fake one here.
        reports: read one at a time. Ids may repeat with other texts: each report gets a line of its own. One that stands
            there twice, same id and text, is answered once.
        out: the file; it must not exist unless ``resume`` is set.
        resume: go on with ``out``: keep its lines, cut a torn last one, try those with status ``failed`` again and
            leave out reports that have a line for the same id, text, schema, model and settings. A line for the same id
            and text made with others is taken out at the end, when the report has been answered again.
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
    done: Done = {}
    lines = AppendedLines(out, "elmtex batch", start=b'{"id": ', ascii=False)

    def worth_keeping(number: int, row: dict[str, Any]) -> bool:
        name, key, status = _read(lines, number, row)
        if status == "failed" or (name, key) in done:
            return False
        done[name, key] = status
        return True

    # A log file gets a line every ten seconds, a terminal a moving bar.
    interval = 0.1 if sys.stderr.isatty() else 10
    with (
        _writing(out),
        lines.appending(new=not resume, wanted=worth_keeping) as append,
    ):
        settings = _settings(extractor)
        with tqdm(total=total, unit="report", file=sys.stderr, mininterval=interval) as bar:

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
                answered[extraction.id, key] = _write(append, extractor, extraction, key)
                bar.update()
        superseded = _superseded(done, answered)
        if superseded:
            lines.keep(lambda number, row: _read(lines, number, row)[:2] not in superseded)
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
    again = {
        (name, _text_of(key)) for (name, key), status in answered.items() if status != "failed"
    }
    return {one for one in done.keys() - answered.keys() if (one[0], _text_of(one[1])) in again}


def _extracted(
    extractor: Extractor, reports: Iterable[tuple[Report, str]], at_once: int
) -> Iterator[tuple[Extraction, str]]:
    """The extractions of reports with their keys, in order."""
    # What is at work, in order: the keys, and the answer of a report that could not be read.
    ahead: deque[tuple[str, Extraction | None]] = deque()

    def readable() -> Iterator[tuple[str, str]]:
        for report, key in reports:
            if report.text is None:
                problem = report.problem or "it could not be read"
                failed = failure(extractor.schema, extractor.model_name, report.id, problem)
                ahead.append((key, failed))
            else:
                ahead.append((key, None))
                yield report.id, report.text

    for _, extraction in extractor.extract_many(readable(), at_once=at_once):
        yield from _failed(ahead)
        yield extraction, ahead.popleft()[0]
    yield from _failed(ahead)


def _failed(ahead: deque[tuple[str, Extraction | None]]) -> Iterator[tuple[Extraction, str]]:
    """Those that come next and could not be read, which are taken out."""
    while ahead and (failed := ahead[0][1]) is not None:
        yield failed, ahead.popleft()[0]


def _write(
    append: Callable[[Mapping[str, Any]], None],
    extractor: Extractor,
    extraction: Extraction,
    key: str,
) -> str:
    """Write an extraction's line; its status."""
    try:
        append({**extraction.to_dict(), "key": key})
    except ValueError as error:  # a number or string JSON cannot hold: this report's defect only
        problem = f"its document is not JSON ({type(error).__name__})"
        extraction = failure(extractor.schema, extractor.model_name, extraction.id, problem)
        append({**extraction.to_dict(), "key": key})
    return extraction.status


def _settings(extractor: Extractor) -> str:
    """SHA-256 of all but the report that decides an answer.

    The schema's name and document (a subset of its categories is another one), the model's name and files, elmtex's
    version, and what the extractor names itself: strategy, engine, precision, server, examples, attributes, coding.
    """
    from elmtex import __version__

    schema = extractor.schema
    parts = [
        *(schema.name, schema.document, __version__),
        # The model's name alone may be that of another one.
        *(extractor.model_name, digest(extractor.folders()), extractor.settings()),
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
            f"cannot write {out}: {error.strerror}; what it has is kept, --resume continues it"
        ) from None


def _read(lines: AppendedLines, number: int, row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Id, key and status of a line."""
    name, key, status = (row.get(field) for field in ("id", "key", "status"))
    if isinstance(name, str) and isinstance(key, str) and isinstance(status, str):
        return name, key, status
    raise lines.foreign(number)
