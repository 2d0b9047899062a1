"""The sentences about a session's state: what was read, how far the extraction is, how it ended."""

from __future__ import annotations

from markupsafe import Markup

from elmtex.text.language import language
from elmtex.web.locale.messages import Words
from elmtex.web.render import message_html, progress_html
from elmtex.web.report_tab.results import summary_html
from elmtex.web.state import SessionState, grouped
from elmtex.web.visitor_shares import MAX_CHARACTERS, STORED, WAITING

LANGUAGE_SHOWS = 5000  # characters of a report that its language is detected from


def taken_html(state: SessionState, words: Words) -> Markup:
    """What was read from the files, before anything is extracted."""
    if state.said:
        return message_html(state.said)
    if state.phase == "empty" and state.source is not None and state.source.text is not None:
        length = grouped(len(state.source.text))
        said = words.batch.was_read.format(name=state.source.id, length=length)
        if state.source.recognised:
            return message_html(f"{said} {words.batch.recognised}")
        if state.source.note:
            return message_html(f"{said} {words.batch.noted(state.source.id, state.source.note)}")
        return message_html(said, "good")
    return Markup()


def state_html(state: SessionState, words: Words, *, loading: bool = False) -> Markup:
    """The line that says where the session stands; ``loading`` while the model is not there yet."""
    if state.phase == "refused":
        text = getattr(words, state.reason)
        return message_html(
            text.format(
                length=grouped(len(state.report)),
                limit=grouped(MAX_CHARACTERS),
                most=WAITING,
                stored=grouped(STORED),
            ),
            "bad",
        )
    if state.phase == "running":
        waiting = words.waits.preparing if loading else words.waiting
        text = waiting if state.extraction is None else words.reading
        return progress_html(
            text.format(done=state.done, total=state.total), state.done, state.total
        )
    if state.phase == "stopped":
        text = words.stopped if state.total else words.stopped_at_once
        return message_html(text.format(done=state.done, total=state.total))
    if state.phase == "failed":
        return message_html(words.failed.format(reason=words.said(state.reason)), "bad")
    if state.phase == "finished" and state.extraction is not None:
        schema = state.entry.schema if state.entry else state.schema
        title = schema.title if schema else ""
        summary = summary_html(state.extraction, words, title)
        german = language(state.report[:LANGUAGE_SHOWS]) == "de"
        return summary + (message_html(words.german_report) if german else Markup())
    return Markup()
