"""The tab that compares: one report, read by two extractors, one after the other. Nothing of it is kept."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from elmtex.comparison import Comparison, compare
from elmtex.schema import CategorySchema
from elmtex.types import ElmtexError, Extraction, InputError
from elmtex.web.compare_tab.choices import Choices
from elmtex.web.compare_tab.names import REVIEWED
from elmtex.web.jobs import ExtractionJob, extractor_for
from elmtex.web.state import refusal_of
from elmtex.web.visitor_shares import Shares, Turn


@dataclass(frozen=True, slots=True)
class Compared:
    """Where a comparison stands, in no language yet.

    Args:
        names: the two extractors; () before anything was asked, and while it waits for its turn.
        answers: what they said; one or two fewer while they read.
        seconds: how long each took once it had its turn, its loading included.
        running: an extractor is working.
        reason: why there is no comparison: the name of a sentence that the page has, or a message that quotes no
            report; "" when there is one, or will be.
        length: characters of the report.
        schema: the schema both read it with.
        asked: the report and the two extractors while it waits for its turn; then None.
    """

    names: tuple[str, ...] = ()
    answers: tuple[Extraction, ...] = ()
    seconds: tuple[float, ...] = ()
    running: bool = False
    reason: str = ""
    length: int = 0
    schema: CategorySchema | None = None
    asked: tuple[str | None, str | None, str | None] | None = None

    @property
    def comparison(self) -> Comparison | None:
        """The pairs; None before both have answered."""
        return compare(*self.answers) if len(self.answers) == 2 else None


class Comparing:
    """Runs comparisons.

    Args:
        choices: the extractors that may be compared.
        turn: held while one of them works, as everywhere on the page.
        shares: what a visitor may have waiting, as everywhere on the page.
    """

    def __init__(self, choices: Choices, turn: Turn, shares: Shares | None = None) -> None:
        self.choices = choices
        self._turn = turn
        self._shares = shares or Shares()
        self._stops: dict[str, threading.Event] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """What can be chosen: the extractors, and the reviewed version."""
        return (*self.choices, REVIEWED)

    def run(
        self,
        session: str,
        report: str | None,
        names: tuple[str | None, str | None],
        schema: CategorySchema | None,
        owner: str = "",
        reviewed: Extraction | None = None,
    ) -> Iterator[Compared]:
        """Read a report with two extractors, showing where it stands; the last state is final.

        Args:
            session: who may :meth:`stop` it.
            report: the report; None is what gradio sends for an untouched box.
            names: two of :attr:`names`.
            schema: the categories; None are those of the page.
            owner: who asks.
            reviewed: the report as its reviewer left it; None where nobody reviewed it.
        """
        report = report or ""
        chosen = tuple(name for name in names if name is not None and name in self.names)
        state = Compared(chosen, length=len(report), schema=schema)
        reason = refusal_of(report) or ("" if len(set(chosen)) == 2 else "choose_two")
        if not reason and REVIEWED in chosen and reviewed is None:
            reason = "not_reviewed"
        if reason:
            yield dataclasses.replace(state, reason=reason)
            return
        stop = self._stops[session] = threading.Event()
        try:
            for name in chosen:
                yield dataclasses.replace(state, running=True)
                if name == REVIEWED and reviewed is not None:
                    answer: tuple[Extraction, float] | str = (reviewed, 0.0)
                else:
                    answer = self._read(stop, report, name, schema, owner)
                if isinstance(answer, str):
                    yield dataclasses.replace(state, reason=answer)
                    return
                extraction, took = answer
                state = dataclasses.replace(
                    state, answers=(*state.answers, extraction), seconds=(*state.seconds, took)
                )
            yield state
        finally:
            if self._stops.get(session) is stop:
                del self._stops[session]

    def once(
        self, report: str, left: str, right: str, schema: CategorySchema | None, owner: str = ""
    ) -> Comparison:
        """The comparison itself, for a program.

        Raises:
            InputError: a report, name or schema that cannot be used; says which.
        """
        for name in (left, right):
            if name not in self.choices:
                raise InputError(f"extractor {name!r} is none of {', '.join(self.choices)}")
        *_, last = self.run(f"once:{threading.get_ident()}", report, (left, right), schema, owner)
        if last.comparison is None:
            raise InputError(f"there is nothing to compare ({last.reason.replace('_', ' ')})")
        return last.comparison

    def stop(self, session: str) -> bool:
        """End the session's comparison; the extractor at work is given up after its step. False when none is under way."""
        stop = self._stops.get(session)
        if stop is not None:
            stop.set()
        return stop is not None

    def _read(
        self,
        stop: threading.Event,
        report: str,
        name: str,
        schema: CategorySchema | None,
        owner: str,
    ) -> tuple[Extraction, float] | str:
        """The document and its seconds, or why there is none."""
        try:
            extractor = extractor_for(self.choices[name](), schema)
            give_back = self._shares.take(owner)
        except ElmtexError as error:
            return str(error)
        job = ExtractionJob(extractor, report, self._turn, owner, give_back)
        job.start()
        for _ in job.frames():
            if stop.is_set():
                job.stop()
        if job.failure is not None:
            return job.failure
        if stop.is_set() or job.latest is None:
            return "stopped"
        return job.latest.extraction, job.seconds
