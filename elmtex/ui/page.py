"""The page's layout and its server. What a click does is in handlers.py, the HTML in render.py."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from elmtex.examples import EXAMPLES
from elmtex.review import Store
from elmtex.review.store import MEMORY, default_url
from elmtex.types import InputError, MissingDependencyError
from elmtex.ui import render
from elmtex.ui.handlers import Desk, Screen, Shown
from elmtex.ui.reading import StreamingExtractor
from elmtex.ui.reviewing import Linking
from elmtex.ui.security import COOKIE, Guard, accounts, owner_of
from elmtex.ui.words import LANGUAGES, Words, words_in

# Before gradio is imported: some of its calls home ask the environment only.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

try:
    import gradio as gr
except ImportError as error:
    raise MissingDependencyError("the page needs gradio: pip install 'elmtex[ui]'") from error
from starlette.middleware import Middleware

WAITING = 16  # reports that may queue for the model; the next one is told to come back
SESSIONS = 64  # browser tabs whose report is remembered
FORGOTTEN_AFTER = 3600  # seconds a report stays in memory after its last use

_HERE = Path(__file__).parent
_SCRIPTS = (_HERE / "page.js", _HERE / "review.js", _HERE / "editor.js")


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
    words = words_in("en")
    first = desk.draw(Shown(), "en")
    with gr.Blocks(analytics_enabled=False, title="elmtex", fill_width=True) as page:
        shown = gr.State(Shown(), time_to_live=FORGOTTEN_AFTER)
        with gr.Row(elem_id="elmtex-head"):
            header = gr.HTML(render.header_html(words), elem_id="elmtex-title")
            reviewer = gr.Textbox(
                label=words.review.reviewer,
                placeholder=words.review.reviewer_hint,
                max_lines=1,
                max_length=200,
                elem_id="elmtex-reviewer",
            )
            language = gr.Radio(
                [("English", "en"), ("Deutsch", "de")],
                value="en",
                label=words.language,
                show_label=False,
                container=False,
                elem_id="elmtex-language",
            )
        notice_of_space = gr.HTML(
            render.message_html(words.space_notice), visible=on_a_space(), elem_id="elmtex-space"
        )
        with gr.Row(elem_id="elmtex-work"):
            with gr.Column(elem_id="elmtex-left"):
                with gr.Column(elem_id="elmtex-paste") as paste:
                    example = gr.Dropdown(
                        _examples(words),
                        value=None,
                        label=words.example,
                        info=None,
                        filterable=False,
                        elem_id="elmtex-example",
                    )
                    report = gr.Textbox(
                        label=words.report,
                        placeholder=words.report_hint,
                        lines=18,
                        max_lines=18,
                        elem_id="elmtex-input",
                    )
                view = gr.HTML(visible=False, elem_id="elmtex-view")
                notice = gr.HTML(visible=False, elem_id="elmtex-notice")
                with gr.Row(elem_id="elmtex-buttons"):
                    extract = gr.Button(words.extract, variant="primary", elem_id="elmtex-extract")
                    stop = gr.Button(
                        words.stop, variant="stop", visible=False, elem_id="elmtex-stop"
                    )
                    edit = gr.Button(words.edit, visible=False, elem_id="elmtex-edit")
                    clear = gr.Button(words.clear, visible=False, elem_id="elmtex-clear")
            with gr.Column(elem_id="elmtex-right"):
                result = gr.HTML(first.result, elem_id="elmtex-result")
        footer = gr.HTML(_footer(words), elem_id="elmtex-foot")
        # What review.js writes a click into, and then presses; out of sight, out of reach of the tab key.
        with gr.Column(elem_id="elmtex-command"):
            asked = gr.Textbox(label="command")
            ask = gr.Button("send")

        screen = [shown, paste, view, notice, result, extract, stop, edit, clear]
        texts = [
            header,
            language,
            notice_of_space,
            reviewer,
            example,
            report,
            extract,
            stop,
            edit,
            clear,
            footer,
        ]

        # gradio looks for its request type in the hints of these functions.
        def begin(text: str, lang: str) -> list[Any]:
            return _updates(desk.begin(text, lang))

        def run(state: Shown, lang: str, request: gr.Request) -> Iterator[list[Any]]:
            for picture in desk.run(_session(request), state, lang, _owner(request)):
                yield _updates(picture)

        def halt(state: Shown, lang: str, request: gr.Request) -> list[Any]:
            return _updates(desk.stop(_session(request), state, lang))

        def refuse(state: Shown, lang: str) -> list[Any]:
            return _updates(desk.busy(state, lang))

        def back(lang: str, request: gr.Request) -> list[Any]:
            return _updates(desk.draw(Shown(), lang, _owner(request)))

        def act(command: str, state: Shown, lang: str, name: str, request: gr.Request) -> list[Any]:
            return _updates(desk.act(command, state, lang, _owner(request), name))

        def translate(state: Shown, lang: str, request: gr.Request) -> list[Any]:
            return [
                *_translations(words_in(lang)),
                *_updates(desk.draw(state, lang, _owner(request)), buttons=False),
            ]

        # It touches no more than it must: on a slow machine the user may have begun before this answers.
        def arrive(state: Shown, request: gr.Request) -> list[Any]:
            lang = _language_of(request)
            return [lang, desk.draw(state or Shown(), lang, _owner(request)).result]

        def leave(request: gr.Request) -> None:
            desk.leave(_session(request))
            if on_a_space():
                desk.forget(_owner(request))

        # Nothing here is an API: the names of the endpoints would become a promise.
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        begun = extract.click(begin, [report, language], screen, queue=False, **quiet)
        running = begun.then(run, [shown, language], screen, **quiet)
        # Our own run never raises: what fails is the queue, when it is full.
        running.failure(refuse, [shown, language], screen, queue=False, **quiet)
        stop.click(halt, [shown, language], screen, queue=False, cancels=[running], **quiet)
        edit.click(back, [language], screen, queue=False, **quiet)
        clear.click(lambda: ("", None), None, [report, example], queue=False, **quiet).then(
            back, [language], screen, queue=False, **quiet
        )
        # Two quick clicks are two decisions: none may be dropped while the first is on its way.
        ask.click(
            act,
            [asked, shown, language, reviewer],
            screen,
            queue=False,
            trigger_mode="multiple",
            **quiet,
        )
        example.input(desk.example, [example], [report], queue=False, **quiet)
        language.change(translate, [shown, language], [*texts, *screen[:5]], queue=False, **quiet)
        page.load(arrive, [shown], [language, result], queue=False, **quiet)
        page.unload(leave)
    page.queue(max_size=WAITING, default_concurrency_limit=1, api_open=False)
    desk.load_in_background()
    return page


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
            theme=_theme(),
            css_paths=[_HERE / "page.css", _HERE / "review.css"],
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


def _examples(words: Words) -> list[tuple[str, str]]:
    return [(example.titles[words.lang], example.name) for example in EXAMPLES]


def _footer(words: Words) -> str:
    return f"<p>{render.escape(words.footer)}</p>"


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


def _translations(words: Words) -> list[Any]:
    """The fixed texts of the page in a language, in the order of ``texts``."""
    return [
        render.header_html(words),
        gr.update(label=words.language),
        render.message_html(words.space_notice),
        gr.update(label=words.review.reviewer, placeholder=words.review.reviewer_hint),
        gr.update(label=words.example, choices=_examples(words)),
        gr.update(label=words.report, placeholder=words.report_hint),
        gr.update(value=words.extract),
        gr.update(value=words.stop),
        gr.update(value=words.edit),
        gr.update(value=words.clear),
        _footer(words),
    ]
