"""What happens on the page when something is clicked: gradio's events to handlers.py, its screens to components."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elmtex.schema import CategorySchema
from elmtex.web.access import identity
from elmtex.web.access.headers import TAB, on_a_space
from elmtex.web.controller import PageController
from elmtex.web.layout import Parts, translations
from elmtex.web.locale.messages import words_in
from elmtex.web.state import SessionState, View, lines_of
from elmtex.web.toolkit import gr

READERS = 8  # users whose files are read at once; they take turns, file by file and page by page
BATCHES = 4  # users whose batches take turns at the model

# Nothing here is an API: the names of the endpoints would become a promise.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


# gradio looks for its request type in the hints of the functions below.
def wire_report(
    page: gr.Blocks, parts: Parts, shown: gr.State, own: gr.State, controller: PageController
) -> None:
    """The tab of one report: extract, review, hand out."""
    language, screen = parts.language, _screen(parts, shown)
    decided = [parts.answer, parts.tabs, parts.many, parts.report, *screen]

    def begin(
        text: str,
        state: SessionState,
        lang: str,
        schema: CategorySchema | None,
        request: gr.Request,
    ) -> list[Any]:
        source = (state or SessionState()).source
        return _updates(controller.begin(text, lang, source, identity.owner(request), schema))

    def run(state: SessionState, lang: str, request: gr.Request) -> Iterator[list[Any]]:
        for picture in controller.run(
            identity.session(request), state, lang, identity.owner(request)
        ):
            yield _updates(picture)

    def halt(state: SessionState, lang: str, request: gr.Request) -> list[Any]:
        return _updates(controller.stop(identity.session(request), state, lang))

    def refuse(state: SessionState, lang: str) -> list[Any]:
        return _updates(controller.busy(state, lang))

    def edit(state: SessionState, lang: str, request: gr.Request) -> list[Any]:
        empty = SessionState(source=state.source)
        return [state.report, *_updates(controller.draw(empty, lang, identity.owner(request)))]

    def clear(lang: str, request: gr.Request) -> list[Any]:
        return ["", None, *_updates(controller.draw(SessionState(), lang, identity.owner(request)))]

    def act(
        command: str, state: SessionState, lang: str, name: str, text: str, request: gr.Request
    ) -> list[Any]:
        session, owner = identity.session(request), identity.owner(request)
        picture = controller.act(command, state or SessionState(), lang, owner, name, session)
        if picture is None:
            return [gr.skip()] * len(decided)
        # A report opened from the other tab is shown in this one.
        opened = picture.state.entry is not None and (
            state is None or picture.state.entry != state.entry
        )
        tab = gr.update(selected="one") if opened and picture.many is None else gr.skip()
        many = gr.skip() if picture.many is None else picture.many
        gone = lines_of(text or "") in [lines_of(report) for report in picture.gone]
        updates = _updates(picture)
        if picture.again:
            updates[0] = gr.skip()
        return [picture.answer, tab, many, "" if gone else gr.skip(), *updates]

    def translate(state: SessionState, lang: str, request: gr.Request) -> dict[Any, Any]:
        controller.set_language(identity.session(request), lang)
        owner = identity.owner(request)
        fixed = translations(parts, words_in(lang))
        # Not the state, which a run may have changed meanwhile.
        drawn = _updates(controller.draw(state, lang, owner), buttons=False)[1:]
        return {
            **fixed,
            **dict(zip(screen[1:], drawn, strict=False)),
            parts.many: controller.many(state, lang, owner),
        }

    # It touches no more than it must: on a slow machine the user may have begun before this answers.
    def arrive(state: SessionState, request: gr.Request) -> list[Any]:
        lang = identity.language(request)
        return [
            lang,
            controller.draw(state or SessionState(), lang, identity.owner(request)).result,
        ]

    def leave(request: gr.Request) -> None:
        controller.leave(identity.session(request))
        owner = identity.owner(request)
        # What belongs to the tab alone, as where cookies are off, nobody could ever open again.
        if on_a_space() or owner.startswith(TAB):
            controller.forget(owner)

    now: dict[str, Any] = {"queue": False, **QUIET}
    begun = parts.extract.click(begin, [parts.report, shown, language, own], screen, **now)
    running = begun.then(run, [shown, language], screen, **QUIET)
    # Our own run never raises: what fails is the queue, when it is full.
    running.failure(refuse, [shown, language], screen, **now)
    parts.stop.click(halt, [shown, language], screen, cancels=[running], **now)
    parts.edit.click(edit, [shown, language], [parts.report, *screen], **now)
    parts.clear.click(clear, [language], [parts.report, parts.example, *screen], **now)
    # Two quick clicks are two decisions: none may be dropped while the first is on its way.
    parts.ask.click(
        act,
        [parts.asked, shown, language, parts.reviewer, parts.report],
        decided,
        trigger_mode="multiple",
        **now,
    )
    parts.example.input(controller.example, [parts.example], [parts.report], **now)
    texts = list(translations(parts, words_in("en")))
    outputs = list(dict.fromkeys([*texts, *screen[1:5], parts.many]))
    language.change(translate, [shown, language], outputs, **now)
    page.load(arrive, [shown], [language, parts.result], **now)
    page.unload(leave)


def wire_many(parts: Parts, shown: gr.State, own: gr.State, controller: PageController) -> None:
    """The tab of many reports, and files dropped in either tab."""
    language, screen = parts.language, _screen(parts, shown)

    def take(
        files: list[str] | None,
        state: SessionState,
        lang: str,
        schema: CategorySchema | None,
        box: str | None,
        request: gr.Request,
    ) -> list[Any]:
        owner = identity.owner(request)
        picture = controller.take(files or [], state or SessionState(), lang, owner, schema, box)
        text = gr.skip() if picture.box is None else picture.box
        tab = gr.update(selected="one" if picture.many is None or not picture.taken else "many")
        many = gr.skip() if picture.many is None else picture.many
        return [None, text, tab, many, *_updates(picture)]

    # One of the two buttons shows: there is nothing to stop before the start, and nothing to start twice.
    def buttons(running: bool) -> list[Any]:
        return [gr.update(visible=not running), gr.update(visible=running)]

    def run(state: SessionState, lang: str, request: gr.Request) -> Iterator[list[Any]]:
        for table in controller.run_batch(
            identity.session(request), state, lang, identity.owner(request)
        ):
            yield [table, *buttons(True)]

    def halt(state: SessionState, lang: str, request: gr.Request) -> list[Any]:
        controller.batch.stop(identity.session(request))
        return [controller.many(state, lang, identity.owner(request)), *buttons(False)]

    def refresh(state: SessionState, lang: str, request: gr.Request) -> str:
        return controller.many(state, lang, identity.owner(request))

    now: dict[str, Any] = {"queue": False, **QUIET}
    for box in (parts.files, parts.many_files):
        outputs = [box, parts.report, parts.tabs, parts.many]
        box.upload(
            take,
            [box, shown, language, own, parts.report],
            [*outputs, *screen],
            concurrency_limit=READERS,
            concurrency_id="files",
            show_progress="minimal",
            show_progress_on=[box],
            api_visibility="private",
        )
    drawn = [parts.many, parts.start, parts.halt]
    begun = parts.start.click(lambda: buttons(True), None, drawn[1:], **now)
    at_work = begun.then(run, [shown, language], drawn, concurrency_limit=BATCHES, **QUIET)
    # Also when the queue was full and it never began.
    at_work.then(lambda: buttons(False), None, drawn[1:], **now)
    parts.halt.click(halt, [shown, language], drawn, cancels=[at_work], **now)
    parts.many_tab.select(refresh, [shown, language], [parts.many], **now)


def _screen(parts: Parts, shown: gr.State) -> list[Any]:
    """What :func:`_updates` draws, in its order."""
    return [
        shown,
        parts.paste,
        parts.view,
        parts.notice,
        parts.result,
        parts.extract,
        parts.stop,
        parts.edit,
        parts.clear,
    ]


def _updates(screen: View, *, buttons: bool = True) -> list[Any]:
    """A screen as updates of: state, paste box, report view, notice, result, then the four buttons."""
    updates = [
        screen.state,
        gr.update(visible=screen.editing),
        gr.update(value=screen.report, visible=not screen.editing),
        gr.update(value=screen.notice, visible=bool(screen.notice)),
        screen.result,
    ]
    if buttons:
        done = not screen.editing and not screen.running
        updates += [
            gr.update(visible=screen.editing),
            gr.update(visible=screen.running),
            gr.update(visible=done),
            gr.update(visible=done),
        ]
    return updates
