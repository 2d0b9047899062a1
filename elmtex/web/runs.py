"""The extraction that each session has under way: begun, followed, stopped."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator

from elmtex.types import ElmtexError
from elmtex.web.adapted import Adapted
from elmtex.web.jobs import ExtractionJob
from elmtex.web.state import SessionState
from elmtex.web.visitor_shares import Shares, Turn

RENDERING = 4  # the next state waits this many times as long as the last took to render and send


class Runs:
    """The runs of all sessions, one each.

    Args:
        adapted: knows what reads an owner's reports, one at a time.
        turn: held while it works.
        shares: how many extractions a visitor may have under way.
    """

    def __init__(self, adapted: Adapted, turn: Turn, shares: Shares) -> None:
        self._adapted, self._turn, self._shares = adapted, turn, shares
        self._jobs: dict[str, ExtractionJob] = {}

    def run(
        self, session: str, state: SessionState, owner: str
    ) -> Generator[SessionState, None, None]:
        """Read a state's report; yields the state as more is found, and once more at the end, whatever ended it."""
        try:
            extractor = self._adapted.extractor_for(state.schema, owner)
        except ElmtexError as error:
            yield dataclasses.replace(state, phase="failed", reason=str(error))
            return
        try:
            give_back = self._shares.take(owner)
        except ElmtexError:
            yield SessionState("refused", state.report, reason="share", source=state.source)
            return
        job = ExtractionJob(extractor, state.report, self._turn, owner, give_back)
        self._jobs[session] = job
        job.start()
        try:
            due = 0.0
            for progress in job.frames():
                began = time.monotonic()
                if progress is not None and progress.done > state.done and began >= due:
                    state = _reached(state, job)
                    yield state
                    now = time.monotonic()
                    due = now + RENDERING * (now - began)  # long reports take long to render
            state = _reached(state, job)
            if job.failure is not None:
                yield dataclasses.replace(state, phase="failed", reason=job.failure)
            else:
                yield dataclasses.replace(state, phase="stopped" if job.stopped else "finished")
        finally:
            job.stop()
            # The session may have started its next run before gradio comes back to the end of this one.
            if self._jobs.get(session) is job:
                del self._jobs[session]

    def stop(self, session: str) -> bool:
        """End the session's run; what it has found is in its last state. False when none is under way."""
        job = self._jobs.get(session)
        if job is not None:
            job.stop()
        return job is not None


def _reached(state: SessionState, job: ExtractionJob) -> SessionState:
    """The state with what the job has found by now."""
    if job.latest is None:
        return state
    extraction, done, total = job.latest.extraction, job.latest.done, job.latest.total
    return dataclasses.replace(state, extraction=extraction, done=done, total=total)
