"""What happens in the tab of custom schemas."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing

from elmtex.schema import CategorySchema
from elmtex.types import SchemaError
from elmtex.web.access import identity
from elmtex.web.controller import PageController
from elmtex.web.layout import PageParts
from elmtex.web.locale.messages import words_in
from elmtex.web.report_tab.commands import deletes
from elmtex.web.schema_tab.custom_schema import beginning, checked, in_use_html, read, source_of
from elmtex.web.schema_tab.form import check_html
from elmtex.web.schema_tab.trial import begun, trial_html
from elmtex.web.state import SessionState
from elmtex.web.toolkit import NOW, QUIET, Updates, gr


def wire_schema(parts: PageParts, custom: gr.State, controller: PageController) -> None:
    """The schema's box and buttons; ``custom`` holds the schema in use, None for the page's.

    The form is the browser's: it writes into the box, whatever stands there is checked here.
    """
    tab, language, standard = parts.schema, parts.language, controller.extractor.schema

    def check(text: str, lang: str) -> str:
        return str(check_html(text, words_in(lang)))

    def in_use(schema: CategorySchema | None, lang: str) -> str:
        return str(in_use_html(schema, standard, words_in(lang)))

    def use(text: str, lang: str) -> Updates:
        try:
            schema = checked(text)
        except SchemaError:
            return gr.skip()  # what is wrong is said beside the fields already
        return {custom: schema, tab.in_use: in_use(schema, lang)}

    def back(lang: str) -> Updates:
        return {custom: None, tab.text: source_of(standard), tab.in_use: in_use(None, lang)}

    def show(text: str, schema: CategorySchema | None, lang: str) -> Updates:
        said = {tab.in_use: in_use(schema, lang)}
        if text:
            return {**said, tab.check: check(text, lang)}
        return {**said, tab.text: source_of(schema or standard)}  # which is then checked

    # While one check is under way no other is asked for, but for that of the text as it is at the end.
    tab.text.change(check, [tab.text, language], [tab.check], trigger_mode="always_last", **NOW)
    tab.start_now.click(beginning, [tab.start], [tab.text], **NOW)
    tab.file.upload(read, [tab.file], [tab.text], **NOW)
    tab.use.click(use, [tab.text, language], [custom, tab.in_use], **NOW)
    tab.standard.click(back, [language], [custom, tab.text, tab.in_use], **NOW)
    for opened in (tab.tab.select, language.change):
        opened(show, [tab.text, custom, language], [tab.text, tab.in_use, tab.check], **NOW)


# gradio looks for its request type in the hints of the functions below.
def wire_trial(parts: PageParts, controller: PageController, remembered: int) -> None:
    """The schema in the box, tried on one report, which is kept nowhere else.

    Args:
        parts: the page's components.
        controller: the handlers.
        remembered: seconds a trial stays in memory after its last use.
    """
    tab, trial, language = parts.schema, parts.schema.trial, parts.language
    state = gr.State(SessionState(), time_to_live=remembered)
    rendered = [state, trial.result, trial.start, trial.stop]

    def updates(now: SessionState, lang: str) -> Updates:
        html = trial_html(now, words_in(lang), loading=controller.loading)
        return {
            state: now,
            trial.result: str(html),
            trial.start: gr.update(visible=now.phase != "running"),
            trial.stop: gr.update(visible=now.phase == "running"),
        }

    def begin(text: str, report: str, lang: str) -> Updates:
        return updates(begun(text, report), lang)

    def run(now: SessionState, lang: str, request: gr.Request) -> Iterator[Updates]:
        if now.phase != "running":
            yield gr.skip()  # gradio blanks the page when a run yields nothing
            return
        session, owner = identity.session(request), identity.owner(request)
        with closing(controller.trials.run(session, now, owner)) as states:
            for each in states:
                yield updates(each, controller.language_of(session, lang))

    def stop(now: SessionState, lang: str, request: gr.Request) -> Updates:
        # A run that is under way draws its own end.
        if controller.trials.stop(identity.session(request)) or now.phase != "running":
            return gr.skip()
        return updates(dataclasses.replace(now, phase="stopped"), lang)

    def refuse(now: SessionState, lang: str) -> Updates:
        """The queue was full."""
        if now.phase != "running":
            return gr.skip()
        return updates(SessionState("refused", now.report, reason="busy"), lang)

    def translate(now: SessionState, lang: str) -> str:
        return str(trial_html(now or SessionState(), words_in(lang)))

    def forget(command: str, request: gr.Request) -> Updates:
        """Whoever deletes a report wants it gone from here, too."""
        if not deletes(command):
            return gr.skip()
        controller.trials.stop(identity.session(request))
        return {trial.report: "", **updates(SessionState(), "en")}

    started = trial.start.click(begin, [tab.text, trial.report, language], rendered, **NOW)
    running = started.then(run, [state, language], rendered, **QUIET)
    running.failure(refuse, [state, language], rendered, **NOW)
    trial.stop.click(stop, [state, language], rendered, **NOW)
    language.change(translate, [state, language], [trial.result], **NOW)
    parts.channel.send.click(forget, [parts.channel.command], [trial.report, *rendered], **NOW)
