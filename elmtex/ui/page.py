"""The page's layout and its server. What a click does is in handlers.py, the HTML in render.py."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from elmtex.review import Store
from elmtex.review.store import MEMORY, default_url
from elmtex.types import InputError, MissingDependencyError
from elmtex.ui.handlers import Desk, Screen, Shown
from elmtex.ui.layout import Parts, lay_out, translations
from elmtex.ui.reading import StreamingExtractor
from elmtex.ui.reviewing import Linking
from elmtex.ui.security import COOKIE, Guard, accounts, owner_of
from elmtex.ui.words import LANGUAGES, words_in

# Before gradio is imported: some of its calls home ask the environment only.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

try:
    import gradio as gr
except ImportError as error:
    raise MissingDependencyError("the page needs gradio: pip install 'elmtex[ui]'") from error
from starlette.middleware import Middleware

BATCHES = 4  # users whose batches take turns at the model
UPLOAD = "60mb"  # of a file that is dropped
WAITING = 16  # reports that may queue for the model; the next one is told to come back
SESSIONS = 64  # browser tabs whose report is remembered
FORGOTTEN_AFTER = 3600  # seconds a report stays in memory after its last use

_HERE = Path(__file__).parent
_SCRIPTS = (_HERE / "page.js", _HERE / "review.js", _HERE / "editor.js", _HERE / "batch.js")


def default_extractor() -> StreamingExtractor:
    """The extractor of a plain ``elmtex app``."""
    from elmtex import Extractor

    return Extractor()


def default_linker() -> Linking:
    """Suggests codes; what it needs is looked for at its first use."""
    from elmtex.coding import Linker

    return Linker()


def build(
    extractor_factory: Callable[[], StreamingExtractor] = default_extractor,
    *,
    database: str | None = None,
) -> gr.Blocks:
    """The page as gradio blocks; :func:`launch` serves it with its style and script.

    Args:
        extractor_factory: makes the extractor; called once, now. The model loads in the background.
        database: SQLAlchemy URL of the reviews; None is the user's own file, on a Space the memory.
    """
    store = Store(database or (MEMORY if on_a_space() else default_url()))
    desk = Desk(extractor_factory(), store, default_linker())
    with gr.Blocks(
        analytics_enabled=False, title="elmtex", fill_width=True, delete_cache=(600, 3600)
    ) as page:
        shown = gr.State(Shown(), time_to_live=FORGOTTEN_AFTER)
        words = words_in("en")
        parts = lay_out(words, desk.draw(Shown(), "en").result, on_a_space())
        _wire_report(page, parts, shown, desk)
        _wire_many(page, parts, shown, desk)
    page.queue(max_size=WAITING, default_concurrency_limit=1, api_open=False)
    desk.load_in_background()
    return page


# Nothing here is an API: the names of the endpoints would become a promise.
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


# gradio looks for its request type in the hints of the functions below.
def _wire_report(page: gr.Blocks, parts: Parts, shown: gr.State, desk: Desk) -> None:
    """The tab of one report: extract, review, hand out."""
    language, screen = parts.language, _screen(parts, shown)

    def begin(text: str, state: Shown, lang: str, request: gr.Request) -> list[Any]:
        return _updates(desk.begin(text, lang, state.source, _owner(request)))

    def run(state: Shown, lang: str, request: gr.Request) -> Iterator[list[Any]]:
        for picture in desk.run(_session(request), state, lang, _owner(request)):
            yield _updates(picture)

    def halt(state: Shown, lang: str, request: gr.Request) -> list[Any]:
        return _updates(desk.stop(_session(request), state, lang))

    def refuse(state: Shown, lang: str) -> list[Any]:
        return _updates(desk.busy(state, lang))

    def edit(state: Shown, lang: str, request: gr.Request) -> list[Any]:
        empty = Shown(source=state.source)
        return [state.report, *_updates(desk.draw(empty, lang, _owner(request)))]

    def clear(lang: str, request: gr.Request) -> list[Any]:
        return ["", None, *_updates(desk.draw(Shown(), lang, _owner(request)))]

    def act(command: str, state: Shown, lang: str, name: str, request: gr.Request) -> list[Any]:
        picture = desk.act(command, state, lang, _owner(request), name)
        # A report opened from the other tab is shown in this one.
        opened = picture.shown.entry is not None and picture.shown.entry != state.entry
        tab = gr.update(selected="one") if opened and picture.many is None else gr.skip()
        many = gr.skip() if picture.many is None else picture.many
        return [tab, many, *_updates(picture)]

    def translate(state: Shown, lang: str, request: gr.Request) -> dict[Any, Any]:
        owner = _owner(request)
        fixed = translations(parts, words_in(lang))
        drawn = _updates(desk.draw(state, lang, owner), buttons=False)
        return {
            **fixed,
            **dict(zip(screen, drawn, strict=False)),
            parts.many: desk.many(state, lang, owner),
        }

    # It touches no more than it must: on a slow machine the user may have begun before this answers.
    def arrive(state: Shown, request: gr.Request) -> list[Any]:
        lang = _language_of(request)
        return [lang, desk.draw(state or Shown(), lang, _owner(request)).result]

    def leave(request: gr.Request) -> None:
        desk.leave(_session(request))
        if on_a_space():
            desk.forget(_owner(request))

    now: dict[str, Any] = {"queue": False, **_QUIET}
    begun = parts.extract.click(begin, [parts.report, shown, language], screen, **now)
    running = begun.then(run, [shown, language], screen, **_QUIET)
    # Our own run never raises: what fails is the queue, when it is full.
    running.failure(refuse, [shown, language], screen, **now)
    parts.stop.click(halt, [shown, language], screen, cancels=[running], **now)
    parts.edit.click(edit, [shown, language], [parts.report, *screen], **now)
    parts.clear.click(clear, [language], [parts.report, parts.example, *screen], **now)
    # Two quick clicks are two decisions: none may be dropped while the first is on its way.
    parts.ask.click(
        act,
        [parts.asked, shown, language, parts.reviewer],
        [parts.tabs, parts.many, *screen],
        trigger_mode="multiple",
        **now,
    )
    parts.example.input(desk.example, [parts.example], [parts.report], **now)
    texts = list(translations(parts, words_in("en")))
    outputs = list(dict.fromkeys([*texts, *screen[:5], parts.many]))
    language.change(translate, [shown, language], outputs, **now)
    page.load(arrive, [shown], [language, parts.result], **now)
    page.unload(leave)


def _wire_many(page: gr.Blocks, parts: Parts, shown: gr.State, desk: Desk) -> None:
    """The tab of many reports, and files dropped in either tab."""
    language, screen = parts.language, _screen(parts, shown)

    def take(files: list[str] | None, state: Shown, lang: str, request: gr.Request) -> list[Any]:
        picture = desk.take(files or [], state, lang, _owner(request))
        source = picture.shown.source
        text = source.text if source is not None else gr.skip()
        tab = gr.update(selected="one" if picture.many is None or not picture.taken else "many")
        many = gr.skip() if picture.many is None else picture.many
        return [None, text, tab, many, *_updates(picture)]

    def run(state: Shown, lang: str, request: gr.Request) -> Iterator[str]:
        yield from desk.run_batch(_session(request), state, lang, _owner(request))

    def halt(state: Shown, lang: str, request: gr.Request) -> str:
        desk.batch.stop(_session(request))
        return desk.many(state, lang, _owner(request))

    def refresh(state: Shown, lang: str, request: gr.Request) -> str:
        return desk.many(state, lang, _owner(request))

    now: dict[str, Any] = {"queue": False, **_QUIET}
    for box in (parts.files, parts.many_files):
        inputs, outputs = [box, shown, language], [box, parts.report, parts.tabs, parts.many]
        box.upload(take, inputs, [*outputs, *screen], **now)
    at_work = parts.start.click(
        run, [shown, language], [parts.many], concurrency_limit=BATCHES, **_QUIET
    )
    parts.halt.click(halt, [shown, language], [parts.many], cancels=[at_work], **now)
    parts.many_tab.select(refresh, [shown, language], [parts.many], **now)


def launch(
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    extractor_factory: Callable[[], StreamingExtractor] = default_extractor,
    block: bool = True,
    database: str | None = None,
) -> gr.Blocks:
    """Serve the page until it is interrupted.

    Args:
        host: the address to listen on. 127.0.0.1 keeps the page to this computer; on a Hugging Face Space the
            default becomes 0.0.0.0.
        port: the TCP port, 1 to 65535.
        extractor_factory: as for :func:`build`.
        block: False returns at once, with the server in a thread (tests; end it with ``close()``).
        database: as for :func:`build`.

    Raises:
        InputError: the port is taken or is none, or the extractor's own options are wrong.
    """
    if not 1 <= port <= 65535:
        raise InputError(f"port {port} is none; give one from 1 to 65535")
    if on_a_space() and host == "127.0.0.1":
        host = "0.0.0.0"
    page = build(extractor_factory, database=database)
    try:
        page.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            inbrowser=False,
            share=False,
            show_error=False,
            # gradio would keep every report and answer in the browser's storage, for the next user to read.
            run_history=False,
            enable_monitoring=False,
            mcp_server=False,
            ssr_mode=False,
            pwa=False,
            footer_links=[],
            state_session_capacity=SESSIONS,
            max_file_size=UPLOAD,
            theme=_theme(),
            css_paths=[_HERE / "page.css", _HERE / "review.css", _HERE / "batch.css"],
            head="".join(f"<script>{path.read_text('utf-8')}</script>" for path in _SCRIPTS),
            auth=accounts(),
            app_kwargs={"middleware": [Middleware(Guard, framed=on_a_space())]},
        )
    except OSError:
        raise InputError(
            f"{host}:{port} cannot be listened on, perhaps because something already does; "
            "choose another with --port"
        ) from None
    sys.stderr.write(f"elmtex is at {page.local_url} (Ctrl+C ends it)\n")
    if block:
        page.block_thread()
    return page


def on_a_space() -> bool:
    """Whether this runs on a Hugging Face Space, where nothing is private."""
    return bool(os.environ.get("SPACE_ID"))


def _theme() -> gr.themes.Base:
    # Fonts of the system by name: gradio's own default would be fetched.
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_sm,
        font=["system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "Menlo", "monospace"],
    ).set(
        # White on the theme's own teal has a contrast of 2.5 to 1; this one has more than 5.
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_300",
    )


def _session(request: gr.Request) -> str:
    return request.session_hash or ""


def _owner(request: gr.Request) -> str:
    key = None if on_a_space() else request.cookies.get(COOKIE)
    return owner_of(request.username, key, _session(request))


def _language_of(request: gr.Request) -> str:
    """The first language of the browser that the page speaks."""
    for entry in request.headers.get("accept-language", "").split(","):
        lang = entry.split(";")[0].strip()[:2].lower()
        if lang in LANGUAGES:
            return lang
    return "en"


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


def _updates(screen: Screen, *, buttons: bool = True) -> list[Any]:
    """A screen as updates of: state, paste box, report view, notice, result, then the four buttons."""
    updates = [
        screen.shown,
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
