"""What happens in the tab that compares two extractors."""

from __future__ import annotations

from collections.abc import Iterator

from elmtex.schema import CategorySchema
from elmtex.web.access import identity
from elmtex.web.compare_tab.compare import Compared
from elmtex.web.compare_tab.names import REVIEWED
from elmtex.web.compare_tab.render import compare_html
from elmtex.web.compare_tab.reviewed import reviewed_of
from elmtex.web.controller import PageController
from elmtex.web.layout import PageParts
from elmtex.web.locale.messages import words_in
from elmtex.web.report_tab.commands import deletes
from elmtex.web.state import SessionState
from elmtex.web.toolkit import NOW, QUIET, Updates, gr


# gradio looks for its request type in the hints of the functions below.
def wire_compare(
    parts: PageParts,
    state: gr.State,
    custom: gr.State,
    controller: PageController,
    remembered: int,
) -> None:
    """The tab's buttons, and the report it is offered.

    Args:
        parts: the page's components.
        state: the tab of one report, whose report is the one that is offered here.
        custom: the user's own schema.
        controller: the handlers.
        remembered: seconds a comparison stays in memory after its last use.
    """
    tab, language = parts.compare, parts.language
    compared = gr.State(Compared(), time_to_live=remembered)
    offered = gr.State("", time_to_live=remembered)
    rendered = [compared, tab.result, tab.start, tab.stop]

    def html(now: Compared, lang: str) -> str:
        return str(compare_html(now, controller.extractor.schema, words_in(lang)))

    def updates(now: Compared, lang: str) -> Updates:
        return {
            compared: now,
            tab.result: html(now, lang),
            tab.start: gr.update(visible=not now.running),
            tab.stop: gr.update(visible=now.running),
        }

    def run(
        waiting: Compared,
        lang: str,
        schema: CategorySchema | None,
        one: SessionState | None,
        request: gr.Request,
    ) -> Iterator[Updates]:
        if waiting.asked is None:
            yield gr.skip()  # gradio blanks the page when a run yields nothing
            return
        text, left, right = waiting.asked
        session, owner = identity.session(request), identity.owner(request)
        review = reviewed_of(text, one, controller.store, owner)
        if review and REVIEWED in (left, right):
            schema = review.schema  # two documents of different schemas cannot be compared
        corrected = review.corrected if review else None
        asked = (session, text, (left, right), schema, owner, corrected)
        for now in controller.comparing.run(*asked):
            yield updates(now, controller.language_of(session, lang))

    def stop(now: Compared, lang: str, request: gr.Request) -> Updates:
        # A run that is under way draws its own end.
        if controller.comparing.stop(identity.session(request)) or not now.running:
            return gr.skip()
        return updates(Compared(reason="stopped"), lang)

    def wait(text: str, left: str, right: str, lang: str) -> Updates:
        return updates(Compared(running=True, asked=(text, left, right)), lang)

    def refuse(lang: str) -> Updates:
        """The queue was full."""
        return updates(Compared(reason="busy"), lang)

    def offer(
        text: str, before: str, pasted: str, one: SessionState | None, now: Compared, lang: str
    ) -> Updates:
        """The report of the other tab, in place of nothing or of the one offered before; never of what was typed."""
        result = {tab.result: html(now or Compared(), lang)}
        if text and text != before:
            return result
        report = (one or SessionState()).report or pasted
        return {**result, offered: report, **({} if report == text else {tab.report: report})}

    def forget(command: str, now: Compared, lang: str) -> Updates:
        """Whoever deletes a report wants it gone from here, too."""
        if not deletes(command):
            return gr.skip()
        return {tab.report: "", **({} if now.running else updates(Compared(), lang))}

    begun = tab.start.click(wait, [tab.report, tab.left, tab.right, language], rendered, **NOW)
    running = begun.then(run, [compared, language, custom, state], rendered, **QUIET)
    running.failure(refuse, [language], rendered, **NOW)
    tab.stop.click(stop, [compared, language], rendered, **NOW)
    parts.channel.send.click(
        forget, [parts.channel.command, compared, language], [tab.report, *rendered], **NOW
    )
    for opened in (tab.tab.select, language.change):
        opened(
            offer,
            [tab.report, offered, parts.report.report, state, compared, language],
            [tab.report, offered, tab.result],
            **NOW,
        )
