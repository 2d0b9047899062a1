"""One extraction in a thread of its own, so that the page can follow it, stop it, or forget it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from elmtex.extractors.base import Extractor
from elmtex.schema import CategorySchema
from elmtex.types import ElmtexError, Progress
from elmtex.web.visitor_shares import Turn

INTERVAL = 0.25  # seconds between two frames of a run; more frames would only cost rendering time


def extractor_for(extractor: Extractor, schema: CategorySchema | None) -> Extractor:
    """The extractor itself when it has this schema (or None is asked for), else one that shares its model."""
    if schema is None or schema.document == extractor.schema.document:
        return extractor
    return extractor.with_schema(schema)


class ExtractionJob:
    """The extraction of one report.

    Args:
        extractor: what reads.
        report: the report.
        turn: held while the extractor works, and passed on between two parts of the report. A job that was
            stopped may need a moment to notice; the next one waits for it here.
        owner: whose report it is: visitors take turns.
        ended: called once it has ended, however it came.
    """

    def __init__(
        self,
        extractor: Extractor,
        report: str,
        turn: Turn,
        owner: str = "",
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.latest: Progress | None = None
        self.failure: str | None = None
        self.seconds = 0.0  # from its turn to its end, without the turns of others
        self._turn, self._owner, self._afterwards = turn, owner, ended
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._read, args=(extractor, report), daemon=True, name="elmtex-extraction"
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; it does so after the step it is in."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def frames(self) -> Iterator[Progress | None]:
        """The latest progress every INTERVAL seconds (None before the first), until it has ended or was stopped.

        Leaving the iterator early, as gradio does when the browser has gone, stops the job.
        """
        try:
            while not self._ended.wait(INTERVAL) and not self.stopped:
                yield self.latest
        finally:
            # A finished job is not a stopped one.
            if not self._ended.is_set():
                self.stop()

    def _read(self, extractor: Extractor, report: str) -> None:
        self._turn.take(self._owner)
        try:
            if self.stopped:
                return
            began = time.monotonic()
            for progress in extractor.stream(report):
                self.latest = progress
                if progress.part_ends and not self.stopped:
                    self.seconds += time.monotonic() - began
                    self._turn.pass_on(self._owner)
                    began = time.monotonic()
                if self.stopped:
                    return
            self.seconds += time.monotonic() - began
        except ElmtexError as error:
            self.failure = str(error)
        # The message of an unexpected error may quote the report: only the error's type leaves this thread.
        except Exception as error:
            self.failure = type(error).__name__
        finally:
            self._turn.give_back()
            self._afterwards()
            self._ended.set()
