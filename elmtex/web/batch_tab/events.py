"""What happens in the tab of many reports, and where files are dropped in either tab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elmtex.schema import CategorySchema
from elmtex.web.access import identity
from elmtex.web.controller import PageController
from elmtex.web.layout import PageParts
from elmtex.web.report_tab.events import rendered_parts, updates_of
from elmtex.web.state import SessionState
from elmtex.web.toolkit import NOW, QUIET, Updates, gr

READERS = 8  # users whose files are read at once; they take turns, file by file and page by page
BATCHES = 4  # users whose batches take turns at the model


# gradio recognises its request by the type hints of the functions below.
def wire_batch(
    parts: PageParts, state: gr.State, custom: gr.State, controller: PageController
) -> None:
    """The tab's buttons and table."""
    tab, language = parts.batch, parts.language

    # Only one of the two buttons is visible: Start while nothing runs, Stop while something does.
    def buttons(running: bool) -> Updates:
        start = gr.update(visible=not running, interactive=True)
        return {tab.start: start, tab.stop: gr.update(visible=running)}

    def run(now: SessionState, lang: str, request: gr.Request) -> Iterator[Updates]:
        session, owner = identity.session(request), identity.owner(request)
        for table in controller.run_batch(session, now, lang, owner):
            yield {tab.table: table, **buttons(True)}

    def stop(request: gr.Request) -> None:
        controller.batch.stop(identity.session(request))

    def refresh(now: SessionState, lang: str, request: gr.Request) -> str:
        return controller.render_batch(now, lang, identity.owner(request))

    _wire_files(parts, state, custom, controller)
    both, rendered = [tab.start, tab.stop], [tab.table, tab.start, tab.stop]
    begun = tab.start.click(lambda: gr.update(interactive=False), None, [tab.start], **NOW)
    running = begun.then(run, [state, language], rendered, concurrency_limit=BATCHES, **QUIET)
    # Start comes back only now: until gradio has ended a run, its page drops the next one. A failure is a full queue.
    for ended in (running.then, running.failure):
        ended(lambda: buttons(False), None, both, **NOW)
    tab.stop.click(stop, None, None, **NOW)
    tab.tab.select(refresh, [state, language], [tab.table], **NOW)


def _wire_files(
    parts: PageParts, state: gr.State, custom: gr.State, controller: PageController
) -> None:
    report, table = parts.report, parts.batch.table

    def taker(box: gr.File) -> Any:
        def take(
            files: list[str] | None,
            now: SessionState,
            lang: str,
            schema: CategorySchema | None,
            text: str | None,
            request: gr.Request,
        ) -> Updates:
            owner = identity.owner(request)
            view = controller.take(files or [], now or SessionState(), lang, owner, schema, text)
            many = view.batch is not None and view.taken
            updates: Updates = {
                box: None,
                parts.tabs: gr.update(selected="many" if many else "one"),
            }
            if view.box is not None:
                updates[report.report] = view.box
            if view.batch is not None:
                updates[table] = view.batch
            return {**updates, **updates_of(view, report, state)}

        return take

    for box in (report.files, parts.batch.files):
        box.upload(
            taker(box),
            [box, state, parts.language, custom, report.report],
            [box, report.report, parts.tabs, table, *rendered_parts(report, state)],
            concurrency_limit=READERS,
            concurrency_id="files",
            show_progress="minimal",
            show_progress_on=[box],
            api_visibility="private",
        )
