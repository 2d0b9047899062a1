"""What one session sees: its state, the view rendered from it, and the sentences that say how far it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from elmtex.readers.text_files import Report
from elmtex.review import Entry
from elmtex.schema import CategorySchema
from elmtex.types import Code, Extraction, InputError
from elmtex.web.report_tab.exports import BatchFormat, Format
from elmtex.web.visitor_shares import MAX_CHARACTERS

NAME = 60  # characters of a report's first line that name it in the list of reviews

Phase = Literal["empty", "refused", "running", "stopped", "finished", "failed"]


@dataclass(frozen=True, slots=True)
class SessionState:
    """What one session sees, in no language yet: kept so that it can be rendered again in another.

    Args:
        phase: where the session stands.
        report: the report that is or was read; "" before the first.
        extraction: what was found so far; None before the first sentence is read.
        done: sentences read.
        total: sentences of the report; 0 while unknown.
        reason: why it was refused (a field of :class:`Words`) or failed (a message that quotes no report).
        entry: the report under review; None before it is read to its end.
        format: what is handed out.
        suggested: an item's id and the codes its reviewer chooses from; None when nobody asked.
        said: why the last click was refused; "" when it was not.
        source: the report that was read from a file, with its own ends of line; None for one pasted.
        batch_format: what is handed out of many reports.
        schema: the user's own schema that the report is read with; None is the page's.
        threshold: the confidence, 0 to 1, from which an item needs no look for it; None is chosen for each report.
        evidence: the summary quotes the report in footnotes.
    """

    phase: Phase = "empty"
    report: str = ""
    extraction: Extraction | None = None
    done: int = 0
    total: int = 0
    reason: str = ""
    entry: Entry | None = None
    format: Format = "json"
    suggested: tuple[str, tuple[Code, ...]] | None = None
    said: str = ""
    source: Report | None = None
    batch_format: BatchFormat = "jsonl"
    schema: CategorySchema | None = None
    threshold: float | None = None
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What is on the page, as HTML.

    Args:
        state: what was rendered.
        editing: the box to paste into is shown, else the report with its evidence.
        running: an extraction is under way.
        notice: under the report.
        report: the report with its evidence.
        result: the column of categories.
        batch: the tab of many reports; None when it need not be rendered again.
        taken: files were read into the tab of many reports.
        gone: the texts of the reports that were just deleted: a box that holds one is emptied.
        box: what is put into the box; None leaves what stands in it.
        answer: what the browser's script waits for, see :func:`elmtex.web.report_tab.exports.answer_html`.
        again: it answers a command that was sent once more; the state is not this one's to change.
    """

    state: SessionState
    editing: bool
    running: bool
    notice: str
    report: str
    result: str
    batch: str | None = None
    taken: bool = False
    gone: tuple[str, ...] = ()
    box: str | None = None
    answer: str = ""
    again: bool = False


def refusal_of(report: str) -> str:
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


def stands_in(box: str, source: Report | None) -> bool:
    """Whether the box holds what was read from a file, unchanged but for the ends of its lines."""
    return source is not None and source.text is not None and lines_of(source.text) == lines_of(box)


def without(state: SessionState, ids: Collection[str], texts: Collection[str]) -> SessionState:
    """The state once these reviews of these texts have been deleted: nothing of them may stay on the screen."""
    source = state.source.text if state.source else None
    if (state.entry is not None and state.entry.id in ids) or source in texts:
        return SessionState()
    return state


def lines_of(text: str) -> list[str]:
    """A text's lines, whatever ends them: what a browser's box leaves of it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def name_of(report: str) -> str:
    """What a pasted report is called: the beginning of its first line."""
    line = next(line.strip() for line in report.splitlines() if line.strip())
    return line if len(line) <= NAME else f"{line[: NAME - 1].rstrip()}…"


def opened(entry: Entry, before: SessionState | None = None) -> SessionState:
    """The state that a stored review is taken up in; what the user chose ``before`` stays."""
    if entry.extraction is None:
        raise InputError("this report is not extracted yet")
    state = SessionState("finished", entry.text, entry.extraction, entry=entry)
    return with_choices(state, before or state)


def with_choices(state: SessionState, before: SessionState) -> SessionState:
    """The state of another report with what the user chose for the one before: the formats and the threshold."""
    return dataclasses.replace(
        state,
        format=before.format,
        batch_format=before.batch_format,
        threshold=before.threshold,
        evidence=before.evidence,
    )


def grouped(number: int) -> str:
    """Thousands separated by a narrow space, which reads right in English and in German."""
    return f"{number:,}".replace(",", "\u202f")


def incomplete(state: SessionState) -> Extraction:
    """What a run that was stopped or failed has found, as a document that says so.

    A file of it must not read like a patient without findings.
    """
    assert state.extraction is not None
    why = f"The run ended after {state.done} of {state.total} sentences; items may be missing."
    problems = (*state.extraction.problems, why)
    return dataclasses.replace(state.extraction, status="truncated", problems=problems)
