"""What happens in the tab of one report: extract, review, export; and what belongs to the page as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elmtex.schema import CategorySchema
from elmtex.web.access import identity
from elmtex.web.access.headers import TAB, on_a_space
from elmtex.web.controller import PageController
from elmtex.web.layout import PageParts, translations
from elmtex.web.locale.messages import words_in
from elmtex.web.report_tab.components import ReportParts
from elmtex.web.state import SessionState, View, lines_of, with_choices
from elmtex.web.toolkit import NOW, QUIET, Updates, gr


# gradio recognises its request by the type hints of the functions below.
def wire_report(
    parts: PageParts, state: gr.State, custom: gr.State, controller: PageController
) -> None:
    """The tab's own buttons, and the commands of the review screen."""
    tab, language = parts.report, parts.language
    rendered = rendered_parts(tab, state)

    def begin(
        text: str, now: SessionState, lang: str, schema: CategorySchema | None, request: gr.Request
    ) -> Updates:
        source = (now or SessionState()).source
        view = controller.begin(text, lang, source, identity.owner(request), schema, now)
        return updates_of(view, tab, state)

    def run(now: SessionState, lang: str, request: gr.Request) -> Iterator[Updates]:
        if now.phase != "running":
            yield gr.skip()  # gradio blanks the page when a run yields nothing
            return
        session, owner = identity.session(request), identity.owner(request)
        for view in controller.run(session, now, lang, owner):
            yield updates_of(view, tab, state)

    def stop(now: SessionState, lang: str, request: gr.Request) -> Updates:
        view = controller.stop(identity.session(request), now, lang)
        return gr.skip() if view is None else updates_of(view, tab, state)

    def refuse(now: SessionState, lang: str) -> Updates:
        return updates_of(controller.busy(now, lang), tab, state)

    def edit(now: SessionState, lang: str, request: gr.Request) -> Updates:
        fresh = with_choices(SessionState(source=now.source), now)
        view = controller.render(fresh, lang, identity.owner(request))
        return {tab.report: now.report, **updates_of(view, tab, state)}

    def clear(now: SessionState, lang: str, request: gr.Request) -> Updates:
        fresh = with_choices(SessionState(), now or SessionState())
        view = controller.render(fresh, lang, identity.owner(request))
        return {tab.report: "", tab.example: None, **updates_of(view, tab, state)}

    def act(
        command: str, now: SessionState, lang: str, name: str, text: str, request: gr.Request
    ) -> Updates:
        session, owner = identity.session(request), identity.owner(request)
        view = controller.act(command, now or SessionState(), lang, owner, name, session)
        if view is None:
            return gr.skip()
        updates = {parts.channel.answer: view.answer, **updates_of(view, tab, state)}
        if view.again:
            del updates[state]
        if view.batch is not None:
            updates[parts.batch.table] = view.batch
        elif view.state.entry is not None and (now is None or view.state.entry != now.entry):
            # A report that was opened from the batch tab is shown in this one.
            updates[parts.tabs] = gr.update(selected="one")
        if lines_of(text or "") in [lines_of(report) for report in view.gone]:
            updates[tab.report] = ""
        return updates

    begun = tab.extract.click(begin, [tab.report, state, language, custom], rendered, **NOW)
    running = begun.then(run, [state, language], rendered, **QUIET)
    # Our own run never raises: this fires only when the queue is full.
    running.failure(refuse, [state, language], rendered, **NOW)
    # Without `cancels`: until gradio has ended a cancelled run, which takes a while, its page drops the next one.
    tab.stop.click(stop, [state, language], rendered, **NOW)
    tab.edit.click(edit, [state, language], [tab.report, *rendered], **NOW)
    tab.clear.click(clear, [state, language], [tab.report, tab.example, *rendered], **NOW)
    # Two quick clicks are two decisions: the second must not be dropped while the first is under way.
    parts.channel.send.click(
        act,
        [parts.channel.command, state, language, parts.reviewer, tab.report],
        [parts.channel.answer, parts.tabs, parts.batch.table, tab.report, *rendered],
        trigger_mode="multiple",
        **NOW,
    )
    tab.example.input(controller.example, [tab.example], [tab.report], **NOW)


def wire_page(
    page: gr.Blocks, parts: PageParts, state: gr.State, controller: PageController
) -> None:
    """The language, and a session's beginning and end."""
    tab, language = parts.report, parts.language

    def translate(now: SessionState, lang: str, request: gr.Request) -> Updates:
        controller.set_language(identity.session(request), lang)
        owner = identity.owner(request)
        updates = updates_of(controller.render(now, lang, owner), tab, state)
        # Neither the state nor the buttons: a run may have changed them meanwhile.
        kept = {part: updates[part] for part in view_parts(tab)}
        table = {parts.batch.table: controller.render_batch(now, lang, owner)}
        return {**translations(parts, words_in(lang)), **kept, **table}

    # It updates as little as possible: on a slow machine the user may already be working before this answers.
    def arrive(now: SessionState, request: gr.Request) -> Updates:
        lang = identity.language(request)
        view = controller.render(now or SessionState(), lang, identity.owner(request))
        return {language: lang, tab.result: view.result}

    def leave(request: gr.Request) -> None:
        controller.leave(identity.session(request))
        owner = identity.owner(request)
        # Without cookies the reviews belong to this tab alone, and nobody could ever open them again.
        if on_a_space() or owner.startswith(TAB):
            controller.forget(owner)

    texts = list(translations(parts, words_in("en")))
    outputs = list(dict.fromkeys([*texts, *view_parts(tab), parts.batch.table]))
    language.change(translate, [state, language], outputs, **NOW)
    page.load(arrive, [state], [language, tab.result], **NOW)
    page.unload(leave)


def view_parts(tab: ReportParts) -> list[Any]:
    """The components that show a :class:`View`, without the buttons."""
    return [tab.paste, tab.view, tab.notice, tab.result]


def rendered_parts(tab: ReportParts, state: gr.State) -> list[Any]:
    """The keys of :func:`updates_of`."""
    return [state, *view_parts(tab), tab.extract, tab.stop, tab.edit, tab.clear]


def updates_of(view: View, tab: ReportParts, state: gr.State) -> Updates:
    """A view as updates of the components."""
    done = not view.editing and not view.running
    return {
        state: view.state,
        tab.paste: gr.update(visible=view.editing),
        tab.view: gr.update(value=view.report, visible=not view.editing),
        tab.notice: gr.update(value=view.notice, visible=bool(view.notice)),
        tab.result: view.result,
        tab.extract: gr.update(visible=view.editing),
        tab.stop: gr.update(visible=view.running),
        tab.edit: gr.update(visible=done),
        tab.clear: gr.update(visible=done),
    }
