"""What the page does when something is clicked. No gradio here: handlers return a :class:`Screen`, page.py shows it."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from elmtex.examples import EXAMPLES
from elmtex.types import ElmtexError, Extraction
from elmtex.ui import render
from elmtex.ui.reading import Reading, StreamingExtractor
from elmtex.ui.words import Words, words_in

logger = logging.getLogger(__name__)  # never about a report

MAX_CHARACTERS = 2_000_000  # of one report; a browser's box becomes unusable long before

Phase = Literal["empty", "refused", "running", "stopped", "finished", "failed"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What one session sees, in no language yet: kept so that it can be drawn again in another.

    Args:
        phase: where the session stands.
        report: the report that is or was read; "" before the first.
        extraction: what was found so far; None before the first sentence is read.
        done: sentences read.
        total: sentences of the report; 0 while unknown.
        reason: why it was refused (a field of :class:`Words`) or failed (a message that quotes no report).
    """

    phase: Phase = "empty"
    report: str = ""
    extraction: Extraction | None = None
    done: int = 0
    total: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """What stands on the page, as HTML.

    Args:
        shown: what was drawn.
        editing: the box to paste into is shown, else the report with its evidence.
        running: an extraction is under way.
        notice: under the report.
        report: the report with its evidence.
        result: the column of categories.
    """

    shown: Shown
    editing: bool
    running: bool
    notice: str
    report: str
    result: str


class Desk:
    """The page's handlers around one extractor.

    Args:
        extractor: reads one report at a time; its model may not be loaded yet.
    """

    def __init__(self, extractor: StreamingExtractor) -> None:
        self.extractor = extractor
        self._turn = threading.Lock()
        self._readings: dict[str, Reading] = {}

    def load_in_background(self) -> None:
        """Load the model while the first user still pastes."""
        threading.Thread(target=self._load, daemon=True, name="elmtex-loading").start()

    def _load(self) -> None:
        try:
            with self._turn:
                self.extractor.load()
        except ElmtexError as error:
            # The first extraction meets the same fault and shows it; the terminal learns it now.
            logger.error("the model cannot be loaded: %s", error)

    def example(self, name: str) -> str:
        """The text of a shipped example; "" for a name that is none."""
        return next((example.text for example in EXAMPLES if example.name == name), "")

    def begin(self, report: str | None, lang: str) -> Screen:
        """Answer the click at once, while the report may still wait for its turn.

        Args:
            report: what stands in the box; None is what gradio sends for one never touched.
            lang: the page's language.
        """
        report = report or ""
        reason = _refusal(report)
        if reason:
            return self.draw(Shown("refused", report, reason=reason), lang)
        return self.draw(Shown("running", report), lang)

    def run(self, session: str, shown: Shown, lang: str) -> Iterator[Screen]:
        """Read the report :meth:`begin` accepted, drawing what is found as it arrives."""
        if shown.phase != "running":
            return
        reading = Reading(self.extractor, shown.report, self._turn)
        self._readings[session] = reading
        reading.start()
        try:
            for progress in reading.pictures():
                if progress is not None and progress.done > shown.done:
                    shown = dataclasses.replace(
                        shown,
                        extraction=progress.extraction,
                        done=progress.done,
                        total=progress.total,
                    )
                    yield self.draw(shown, lang)
            yield self.draw(_ended(shown, reading), lang)
        finally:
            reading.stop()
            # gradio may end a stopped run only after the session has begun its next one.
            if self._readings.get(session) is reading:
                del self._readings[session]

    def stop(self, session: str, shown: Shown, lang: str) -> Screen:
        """End the session's run, keeping what it has found."""
        self.leave(session)
        phase: Phase = "stopped" if shown.phase == "running" else shown.phase
        return self.draw(dataclasses.replace(shown, phase=phase), lang)

    def busy(self, shown: Shown, lang: str) -> Screen:
        """The queue was full: back to the box, with a sentence."""
        if shown.phase != "running":
            return self.draw(shown, lang)
        return self.draw(Shown("refused", shown.report, reason="busy"), lang)

    def leave(self, session: str) -> None:
        """The browser has gone: nobody waits for this answer any more."""
        reading = self._readings.pop(session, None)
        if reading is not None:
            reading.stop()

    def draw(self, shown: Shown, lang: str) -> Screen:
        """The screen of a state in a language."""
        words, schema = words_in(lang), self.extractor.schema
        editing = shown.phase in ("empty", "refused")
        report = ""
        if not editing:
            report = render.legend_html(shown.extraction, schema, words) + render.report_html(
                shown.report, shown.extraction, schema, words
            )
        return Screen(
            shown=shown,
            editing=editing,
            running=shown.phase == "running",
            notice=_notice(shown, words) if editing else "",
            report=report,
            result=self._result(shown, words),
        )

    def _result(self, shown: Shown, words: Words) -> str:
        if shown.phase in ("empty", "refused"):
            return render.welcome_html(words)
        parts = [_notice(shown, words)]
        if shown.extraction is not None:
            finished = shown.phase == "finished"
            parts.append(
                render.categories_html(
                    shown.report, shown.extraction, self.extractor.schema, words, finished=finished
                )
            )
            # Half a document is no use while the other half is on its way.
            if shown.phase != "running":
                parts.append(render.document_html(shown.extraction, words, finished=finished))
        return "".join(parts)


def _refusal(report: str) -> str:
    """The name of the sentence that says why a report is not read; "" when it is."""
    if not report.strip():
        return "empty_report"
    if len(report) > MAX_CHARACTERS:
        return "long_report"
    try:
        report.encode("utf-8")
    except UnicodeEncodeError:
        # JSON may carry a lone surrogate; nothing could be sent back to the browser.
        return "broken_report"
    return ""


def _grouped(number: int) -> str:
    """Thousands parted by a narrow space, which reads right in English and in German."""
    return f"{number:,}".replace(",", "\u202f")


def _ended(shown: Shown, reading: Reading) -> Shown:
    """The state after a reading's end, however it came."""
    latest = reading.latest
    if latest is not None:
        shown = dataclasses.replace(
            shown, extraction=latest.extraction, done=latest.done, total=latest.total
        )
    if reading.failure is not None:
        return dataclasses.replace(shown, phase="failed", reason=reading.failure)
    return dataclasses.replace(shown, phase="stopped" if reading.stopped else "finished")


def _notice(shown: Shown, words: Words) -> str:
    """The line that says where the session stands."""
    if shown.phase == "refused":
        text = getattr(words, shown.reason)
        return render.message_html(
            text.format(length=_grouped(len(shown.report)), limit=_grouped(MAX_CHARACTERS)), "bad"
        )
    if shown.phase == "running":
        text = words.waiting if shown.extraction is None else words.reading
        return render.progress_html(
            text.format(done=shown.done, total=shown.total), shown.done, shown.total
        )
    if shown.phase == "stopped":
        return render.message_html(words.stopped.format(done=shown.done, total=shown.total))
    if shown.phase == "failed":
        return render.message_html(words.failed.format(reason=shown.reason), "bad")
    if shown.phase == "finished" and shown.extraction is not None:
        return render.summary_html(shown.extraction, words)
    return ""
