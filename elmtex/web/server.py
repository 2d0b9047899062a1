"""The page as gradio blocks, and its server: theme, scripts, middleware."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from elmtex.extractors.base import Extractor, open_extractor
from elmtex.review import Store
from elmtex.review.store import MEMORY
from elmtex.settings import AUTH, MCP, MCP_KEYS, database_url
from elmtex.types import InputError
from elmtex.web.about_tab.events import wire_about
from elmtex.web.access.gate import around
from elmtex.web.access.headers import Guard, on_a_space
from elmtex.web.access.hosts import Hosts
from elmtex.web.access.sign_in import SLOWLY, door
from elmtex.web.api.extract import call_itself, offer, wants_mcp
from elmtex.web.batch_tab.events import wire_batch
from elmtex.web.compare_tab.choices import Choices, extractor_choices
from elmtex.web.compare_tab.events import wire_compare
from elmtex.web.controller import PageController
from elmtex.web.evaluate_tab.door import metrics
from elmtex.web.evaluate_tab.events import wire_evaluate
from elmtex.web.layout import lay_out
from elmtex.web.learn_tab.events import wire_learn
from elmtex.web.learn_tab.learning import Learning
from elmtex.web.locale.messages import words_in
from elmtex.web.report_tab.events import wire_page, wire_report
from elmtex.web.report_tab.review import Linking
from elmtex.web.schema_tab.events import wire_schema, wire_trial
from elmtex.web.server_log import without_messages
from elmtex.web.state import SessionState
from elmtex.web.toolkit import gr
from elmtex.web.uploads import end_when_told, keep_apart

UPLOAD = "60mb"  # of a file that is dropped
WAITING = 16  # reports that take turns at the model, and as many more that wait for that; the next one is refused
THREADS = 100  # each of those holds one
SESSIONS = 64  # browser tabs whose report is remembered
FORGOTTEN_AFTER = 3600  # seconds a report stays in memory after its last use

_HERE = Path(__file__).parent / "static"
# templates.js comes first: gradio's components need it; channel.js makes what the others of the review screen share.
_SCRIPTS = tuple(
    _HERE / f"{name}.js"
    for name in (
        *(
            "templates",
            "channel",
            "waits",
            "source",
            "selection",
            "decisions",
            "dialogs",
            "finish",
            "editor",
            "cells",
        ),
        *("keys", "review", "files", "batch", "schema", "schema_fields", "schema_form"),
    )
)


def default_extractor() -> Extractor:
    """The extractor of a plain ``elmtex app``: with allergies and the plan, which clinicians look for."""
    return open_extractor(schema="clinical")


def default_linker() -> Linking:
    """Suggests codes; what it needs is looked for at its first use."""
    from elmtex.coding.linker import Linker

    return Linker()


def build(
    extractor_factory: Callable[[], Extractor] = default_extractor,
    *,
    database: str | None = None,
    others: Choices | None = None,
) -> gr.Blocks:
    """The page as gradio blocks; :func:`launch` serves it with its style and script.

    Args:
        extractor_factory: makes the extractor; called once, now. The model loads in the background.
        database: SQLAlchemy URL of the reviews; None is the user's own file, on a Space the memory.
        others: the extractors that may be compared, by name; None is what :func:`extractor_choices` finds.
    """
    store = Store(database or (MEMORY if on_a_space() else database_url()))
    extractor = extractor_factory()
    controller = PageController(
        extractor, store, default_linker(), others or extractor_choices(extractor)
    )
    with gr.Blocks(
        analytics_enabled=False, title="elmtex", fill_width=True, delete_cache=(600, 3600)
    ) as page:
        state = gr.State(SessionState(), time_to_live=FORGOTTEN_AFTER)
        empty = controller.render(SessionState(), "en").result
        scorer = metrics()
        parts = lay_out(
            words_in("en"),
            empty,
            on_a_space(),
            controller.comparing.names,
            scores=scorer is not None,
        )
        custom = gr.State(None)  # no patient's data: kept as long as the tab is open
        wire_report(parts, state, custom, controller)
        wire_page(page, parts, state, controller)
        wire_batch(parts, state, custom, controller)
        wire_compare(parts, state, custom, controller, FORGOTTEN_AFTER)
        wire_evaluate(parts, controller, scorer, FORGOTTEN_AFTER)
        wire_learn(parts, controller, Learning(store))
        wire_schema(parts, custom, controller)
        wire_trial(parts, controller, FORGOTTEN_AFTER)
        wire_about(parts, custom, controller)
        offer(controller)
    page.queue(max_size=WAITING, default_concurrency_limit=WAITING, api_open=False)
    controller.load_in_background()
    return page


def launch(
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    extractor_factory: Callable[[], Extractor] = default_extractor,
    block: bool = True,
    database: str | None = None,
    others: Choices | None = None,
) -> gr.Blocks:
    """Serve the page until it is interrupted.

    Args:
        host: the address to listen on. 127.0.0.1 keeps the page to this computer; on a Hugging Face Space the
            default becomes 0.0.0.0.
        port: the TCP port, 1 to 65535.
        extractor_factory: as for :func:`build`.
        block: False returns at once, with the server in a thread (tests; end it with ``close()``).
        database, others: as for :func:`build`.

    Raises:
        InputError: the port is taken or is none, or a variable or the extractor's own options are wrong.
    """
    from starlette.middleware import Middleware

    scripts = [path.read_text("utf-8") for path in _SCRIPTS]
    keeper, mcp, loopback = door(), wants_mcp(), secrets.token_urlsafe(32)
    if mcp and keeper is not None and not keeper.has_keys:
        raise InputError(
            f"{MCP} with {AUTH} needs keys, as a program cannot sign in: set {MCP_KEYS} to NAME:KEY, one per line"
        )
    if not 1 <= port <= 65535:
        raise InputError(f"port {port} is none; give one from 1 to 65535")
    if on_a_space() and host == "127.0.0.1":
        host = "0.0.0.0"
    keep_apart()  # before gradio reads where uploads go
    without_messages()
    _past_proxies(host)
    hosts = Hosts(host)
    page = build(extractor_factory, database=database, others=others)
    try:
        page.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            inbrowser=False,
            share=False,
            show_error=False,
            _frontend=False,  # otherwise gradio gives up when the first page takes longer than three seconds
            # gradio would keep every report and answer in the browser's storage, for the next user to read.
            run_history=False,
            enable_monitoring=False,
            mcp_server=mcp,
            ssr_mode=False,
            pwa=False,
            footer_links=[],
            state_session_capacity=SESSIONS,
            max_file_size=UPLOAD,
            max_threads=THREADS,
            theme=_theme(),
            css_paths=[
                _HERE / f"{n}.css" for n in ("page", "review", "records", "batch", "schema")
            ],
            head="".join(f"<script>{script}</script>" for script in scripts),
            auth=keeper,
            auth_message=SLOWLY,
            app_kwargs={
                "middleware": [Middleware(Guard, framed=on_a_space(), scripts=scripts)],
                "lifespan": around(hosts, framed=on_a_space(), door=keeper, loopback=loopback),
            },
        )
    except OSError:
        raise InputError(
            f"{host}:{port} cannot be listened on, perhaps because something already does; "
            "choose another with --port"
        ) from None
    if mcp:
        call_itself(page, loopback)
    sys.stderr.write(f"elmtex is at {page.local_url} (Ctrl+C ends it)\n")
    if block:
        end_when_told()
        page.block_thread()
    return page


def _past_proxies(host: str) -> None:
    """Let no proxy be asked for this machine itself, as gradio would at its start, and its MCP server with each report."""
    # Where both are set, the lower-case one counts.
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    names = ",".join(
        dict.fromkeys([*filter(None, known.split(",")), "localhost", "127.0.0.1", host])
    )
    for variable in ("NO_PROXY", "no_proxy"):
        os.environ[variable] = names


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
        # White on the theme's default teal has a contrast of 2.5 to 1; on this one, more than 5 to 1.
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_300",
    )
