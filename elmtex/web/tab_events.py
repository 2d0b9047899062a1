"""What happens in the smaller tabs: comparing extractors, one's own categories, about the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elmtex.schema import CategorySchema
from elmtex.types import SchemaError
from elmtex.web.about_tab.about import about_html
from elmtex.web.access import identity
from elmtex.web.compare_tab.compare import Compared
from elmtex.web.compare_tab.render import compare_html
from elmtex.web.controller import PageController
from elmtex.web.events import QUIET
from elmtex.web.layout import Parts
from elmtex.web.locale.messages import words_in
from elmtex.web.report_tab.commands import deletes
from elmtex.web.schema_tab.custom_schema import check_html, checked, in_use_html, read, source_of
from elmtex.web.state import SessionState
from elmtex.web.toolkit import gr


def wire_compare(
    parts: Parts, shown: gr.State, own: gr.State, controller: PageController, remembered: int
) -> None:
    """The tab that compares two extractors.

    Args:
        parts: the page's components.
        shown: the tab of one report, whose report is the one that is offered here.
        own: the user's own schema.
        controller: the handlers.
        remembered: seconds a comparison stays in memory after its last use.
    """
    language, compared = parts.language, gr.State(Compared(), time_to_live=remembered)
    offered = gr.State("", time_to_live=remembered)
    drawn = [compared, parts.compare, parts.compare_start, parts.compare_stop]

    def draw(state: Compared, lang: str) -> list[Any]:
        return [
            state,
            compare_html(state, controller.extractor.schema, words_in(lang)),
            gr.update(visible=not state.running),
            gr.update(visible=state.running),
        ]

    def run(
        text: str,
        left: str,
        right: str,
        lang: str,
        schema: CategorySchema | None,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        session, owner = identity.session(request), identity.owner(request)
        for state in controller.comparing.run(session, text, (left, right), schema, owner):
            yield draw(state, controller.language_of(session, lang))

    def halt(lang: str, request: gr.Request) -> list[Any]:
        controller.comparing.stop(identity.session(request))
        return draw(Compared(reason="stopped"), lang)

    def wait(lang: str) -> list[Any]:
        return draw(Compared(running=True), lang)

    # gradio calls a run that was cancelled a failure, too; one that the full queue refused never named its extractors.
    def refuse(state: Compared, lang: str) -> list[Any]:
        stopped = state.names or state.reason == "stopped"
        return draw(Compared(reason="stopped" if stopped else "busy"), lang)

    def offer(
        text: str,
        before: str,
        pasted: str,
        state: SessionState | None,
        compared: Compared,
        lang: str,
    ) -> list[Any]:
        """The report of the other tab, in place of nothing or of the one offered before; never of what was typed."""
        picture = draw(compared or Compared(), lang)[1]
        if text and text != before:
            return [gr.skip(), before, picture]
        report = (state or SessionState()).report or pasted
        return [gr.skip() if report == text else report, report, picture]

    def forget(command: str, state: Compared, lang: str) -> list[Any]:
        """Whoever deletes a report wants it gone from here, too."""
        if not deletes(command):
            return [gr.skip()] * (1 + len(drawn))
        return ["", *([gr.skip()] * len(drawn) if state.running else draw(Compared(), lang))]

    now: dict[str, Any] = {"queue": False, **QUIET}
    asked = [parts.compare_report, parts.compare_left, parts.compare_right, language, own]
    begun = parts.compare_start.click(wait, [language], drawn, **now)
    running = begun.then(run, asked, drawn, **QUIET)
    running.failure(refuse, [compared, language], drawn, **now)
    parts.compare_stop.click(halt, [language], drawn, cancels=[running], **now)
    parts.ask.click(
        forget, [parts.asked, compared, language], [parts.compare_report, *drawn], **now
    )
    for opened in (parts.compare_tab.select, language.change):
        opened(
            offer,
            [parts.compare_report, offered, parts.report, shown, compared, language],
            [parts.compare_report, offered, parts.compare],
            **now,
        )


def wire_schema(parts: Parts, own: gr.State, controller: PageController) -> None:
    """The tabs of one's own categories and about the page."""
    language, standard = parts.language, controller.extractor.schema

    def say(text: str, lang: str) -> str:
        return check_html(text, words_in(lang))

    def use(text: str, lang: str) -> list[Any]:
        try:
            schema = checked(text)
        except SchemaError:
            return [gr.skip(), gr.skip()]  # what is wrong stands beside the box already
        return [schema, in_use_html(schema, standard, words_in(lang))]

    def back(lang: str) -> list[Any]:
        return [None, source_of(standard), in_use_html(None, standard, words_in(lang))]

    def show(text: str, schema: CategorySchema | None, lang: str) -> list[Any]:
        words, text = words_in(lang), text or source_of(schema or standard)
        used, model = in_use_html(schema, standard, words), controller.model
        about = about_html(model, schema or standard, words)
        return [text, check_html(text, words), used, about, model.card if model else ""]

    now: dict[str, Any] = {"queue": False, **QUIET}
    box, used = parts.schema, parts.schema_used
    # While one check is under way no other is asked for, but for that of the text as it stands at the end.
    box.change(say, [box, language], [parts.schema_said], trigger_mode="always_last", **now)
    parts.schema_use.click(use, [box, language], [own, used], **now)
    parts.schema_standard.click(back, [language], [own, box, used], **now)
    parts.schema_file.upload(read, [parts.schema_file], [box], **now)
    shown = [box, parts.schema_said, used, parts.about, parts.card]
    for opened in (parts.schema_tab.select, parts.about_tab.select, language.change):
        opened(show, [box, own, language], shown, **now)
