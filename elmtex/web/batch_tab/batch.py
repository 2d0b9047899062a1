"""Many reports: read files in, extract them one after the other, go on after a stop or a restart.

The store is the only memory: a report that waits is a row without an extraction, so nothing has to be remembered
elsewhere, and what was done when the computer went down is still done. One whose extraction failed waits, too, until
a reviewer has decided something about it. One report's fault, of the extractor or of the database, is that report's end
and not the batch's.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from elmtex.erase import remove
from elmtex.extractors.base import Extractor, failure
from elmtex.readers.files import read_files
from elmtex.readers.text_files import Report
from elmtex.review import Entry, Line, Store
from elmtex.review.faults import BusyError
from elmtex.review.line import line_of, report_digest, schema_digest
from elmtex.schema import CategorySchema
from elmtex.types import ElmtexError, Extraction, InputError
from elmtex.web.adapted import Adapted
from elmtex.web.jobs import INTERVAL, ExtractionJob
from elmtex.web.visitor_shares import MAX_CHARACTERS, STORED, Turn

PAUSES = (0.5, 2.0, 8.0)  # seconds before a database that was busy is asked again
BACKGROUND = 16  # batches of programs at once; they take turns at the model


Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of files that were dropped.

    Args:
        one: the report, when there was just one; it goes into the box.
        stored: how many reports went into the batch, unreadable ones included; 0 when there was just one.
        unreadable: how many of those stored could not be read.
        unread: what could not be read, when nothing could; () when something could.
        copies: how many were left out, because the same name with the same text waits already.
    """

    one: Report | None = None
    stored: int = 0
    unreadable: int = 0
    unread: tuple[Report, ...] = ()
    copies: int = 0


class Batch:
    """The batch of every owner.

    Args:
        extractor: reads one report at a time.
        store: where the reports and their extractions are kept.
        turn: held while the extractor works, also for the report of the other tab.
        adapted: knows what reads an owner's reports; None is the extractor.
    """

    def __init__(
        self, extractor: Extractor, store: Store, turn: Turn, adapted: Adapted | None = None
    ) -> None:
        self.extractor = extractor
        self.store = store
        self._adapted = adapted or Adapted(extractor)
        self._turn = turn
        self._stops: dict[str, threading.Event] = {}
        self._starting = threading.Lock()
        self._taking = threading.Lock()
        self._in_hand: set[str] = set()  # ids of reports, of any run
        self._unstored: dict[
            str, str
        ] = {}  # why what came of a report could not be stored, by its id
        self._threads: list[tuple[str, threading.Thread]] = []  # with their batches

    def take(self, paths: Sequence[str], owner: str, schema: CategorySchema) -> Taken:
        """Read files, which are then deleted: the page's copies must not outlive it."""
        try:
            reports = [_limited(report) for report in read_files(paths)]
        finally:
            for path in paths:
                remove(Path(path))
        readable = [report for report in reports if report.text is not None]
        if not readable:
            return Taken(unread=tuple(reports))
        if len(reports) == 1:
            return Taken(reports[0])
        own = schema_digest(schema)
        waiting = {
            line.digest
            for line in self.lines(owner)
            if line.schema == own and (line.waits or line.status == "unreadable")
        }
        # Of two equal reports that came together, only one is kept, too.
        new = {
            key: report
            for report in reports
            if (key := report_digest(report.id, report.text or "", report.problem or ""))
            not in waiting
        }
        self.add(list(new.values()), owner, schema)
        unreadable = sum(report.text is None for report in new.values())
        copies = len(reports) - len(new)
        return Taken(stored=len(new), unreadable=unreadable, copies=copies)

    def add(
        self, reports: Sequence[Report], owner: str, schema: CategorySchema, batch: str = ""
    ) -> str:
        """Store reports that wait, in a batch of their own or at the end of one there is; returns its id.

        Raises:
            ElmtexError: the owner would have more than :data:`elmtex.web.visitor_shares.STORED`.
        """
        lines = self.store.lines(owner)
        if len(lines) + len(reports) > STORED:
            raise ElmtexError(
                "{count} of your reports are stored, and {most} is the most: delete some first",
                count=len(lines),
                most=STORED,
            )
        before = sum(line.batch == batch for line in lines) if batch else 0
        batch = batch or str(uuid.uuid4())
        for position, report in enumerate(reports, before):
            self.store.add(
                owner,
                report.id,
                report.text or "",
                schema,
                batch=batch,
                position=position,
                problem=report.problem or "",
                recognised=report.recognised,
                note=report.note,
                source=report.source,
            )
        return batch

    def lines(self, owner: str, batch: str = "") -> list[Line]:
        """What lists show of the owner's reports that came in one batch, or ("") in any."""
        lines = self.store.lines(owner, batch=batch or None) if owner else []
        return [self._told(line) for line in lines if line.batch]

    def entries(self, owner: str, batch: str = "") -> list[Entry]:
        """The reports of :meth:`lines` with all that belongs to them."""
        entries = self.store.entries(owner, batch=batch or None) if owner else []
        return [self._failed(entry) for entry in entries if entry.batch]

    def each(self, owner: str) -> Iterator[Entry]:
        """The reports of :meth:`entries`, each loaded when it is its turn; one that is deleted meanwhile is left out."""
        for line in self.lines(owner):
            try:
                yield self._failed(self.store.get(owner, line.id))
            except InputError:
                continue

    def _told(self, line: Line) -> Line:
        """The line; of a report whose failure could not be stored, it says so all the same."""
        why = self._unstored.get(line.id)
        return replace(line, status="failed", problems=(why,)) if why and line.waits else line

    def _failed(self, entry: Entry) -> Entry:
        why = self._unstored.get(entry.id)
        return (
            replace(entry, extraction=self._failure(entry, why)) if why and _waits(entry) else entry
        )

    def _failure(self, entry: Entry, why: str) -> Extraction:
        model = getattr(self.extractor, "model_name", "")
        return failure(entry.schema, model, entry.name, why)

    def run(self, session: str, owner: str, batch: str = "") -> Iterator[bool]:
        """Extract what waits, in one batch or ("") in all; yields at first and after each report whether more is to come.

        Of two runs of one owner, as in two tabs, each takes what the other does not have in hand.
        """
        stop = self._stops[session] = threading.Event()
        try:
            listed = _patiently(lambda: self.store.lines(owner, batch=batch or None), stop)
            waiting = (
                deque(line for line in listed if line.batch and line.waits) if owner else deque()
            )
            if waiting:
                yield True
            while waiting and not stop.is_set():
                line = waiting.popleft()
                if not self._take_in_hand(line.id):
                    waiting.append(line)  # the run that has it in hand may yet be stopped
                    stop.wait(INTERVAL)
                    continue
                try:
                    read = self._extract(owner, line, stop)
                finally:
                    # Before the yield: gradio may never resume a run that was cancelled.
                    self._in_hand.discard(line.id)
                if read:
                    yield True
            yield False
        finally:
            stop.set()
            if self._stops.get(session) is stop:
                del self._stops[session]

    def run_in_background(self, owner: str, batch: str) -> None:
        """Extract what waits in a batch, for a program that does not wait for it; :meth:`stop` takes the batch's id.

        Raises:
            ElmtexError: there are :data:`BACKGROUND` of them already.
        """
        with self._starting:
            self._threads = [pair for pair in self._threads if pair[1].is_alive()]
            # Checked before the batch's present run is stopped, and without counting it: a refusal must not end that run.
            if sum(other != batch for other, _ in self._threads) >= BACKGROUND:
                raise ElmtexError("too many batches are under way; try again when one is done")
            if self.running(batch):
                # The present run does not know the reports that were just added: a new one replaces it.
                self.stop(batch)
            running = self.run(batch, owner, batch)
            next(running, None)  # so that `running` is true from now on
            thread = threading.Thread(
                target=lambda: list(running), daemon=True, name="elmtex-batch"
            )
            self._threads.append((batch, thread))
            thread.start()

    def running(self, session: str) -> bool:
        """Whether a run of the session, or a batch in the background, is running."""
        stop = self._stops.get(session)
        return stop is not None and not stop.is_set()

    def stop(self, session: str) -> None:
        """End the session's run; the report in hand is given up, those done are kept."""
        stop = self._stops.get(session)
        if stop is not None:
            stop.set()

    def delete(self, owner: str) -> None:
        """Take all of the owner's batches out."""
        self.store.delete(owner, *(line.id for line in self.lines(owner)))

    def _take_in_hand(self, id: str) -> bool:
        with self._taking:
            free = id not in self._in_hand
            self._in_hand.add(id)
            return free

    def _extract(self, owner: str, line: Line, stop: threading.Event) -> bool:
        """Whether there is something new to show of a report."""
        self._unstored.pop(line.id, None)
        try:
            entry = _patiently(lambda: self.store.get(owner, line.id), stop)
            if line_of(entry) != line:
                return (
                    entry.note == "record"
                )  # meanwhile another run has extracted it, or a reviewer has decided about it
            extraction = self._read(entry, owner, stop)
            if extraction is None:
                return False
            try:
                _patiently(lambda: self.store.extracted(owner, line.id, extraction), stop)
            except InputError:
                raise
            except ElmtexError as error:
                # Perhaps the database refuses just this extraction.
                failed = self._failure(entry, str(error))
                _patiently(lambda: self.store.extracted(owner, line.id, failed), stop)
        except InputError:
            return False  # its owner has deleted it meanwhile
        except ElmtexError as error:
            self._unstored[line.id] = str(error)
        return True

    def _read(self, entry: Entry, owner: str, stop: threading.Event) -> Extraction | None:
        """What the extractor says about a report, a failure included; None when it was stopped."""
        try:
            extractor = self._adapted.extractor_for(entry.schema, owner)
        except ElmtexError as error:
            return self._failure(entry, str(error))
        except Exception as error:  # its message may quote the schema
            return self._failure(entry, type(error).__name__)
        job = ExtractionJob(extractor, entry.text, self._turn, owner)
        job.start()
        for _ in job.frames():
            if stop.is_set():
                job.stop()
        if job.stopped:
            return None
        extraction = job.latest.extraction if job.latest else None
        if job.failure is not None or extraction is None:
            return self._failure(entry, job.failure or "no answer")
        return extraction


def _patiently(ask: Callable[[], Answer], stop: threading.Event) -> Answer:
    """What ``ask`` answers; a busy database is asked again after each of :data:`PAUSES`, until the run is stopped."""
    for pause in PAUSES:
        try:
            return ask()
        except BusyError:
            stop.wait(pause)
    return ask()


def _limited(report: Report) -> Report:
    """The report; one that is longer than the page takes is refused in words, whichever way it came."""
    if report.text is None or len(report.text) <= MAX_CHARACTERS:
        return report
    problem = (
        f"{report.id} has {len(report.text)} characters; the page takes up to {MAX_CHARACTERS}"
    )
    return replace(report, text=None, problem=problem, note="large")


def _waits(entry: Entry) -> bool:
    return not entry.problem and (entry.extraction is None or entry.to_try_again)
