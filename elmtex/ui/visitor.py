"""Who asks, as far as gradio's request tells: the tab, the owner of the reviews, the language."""

from __future__ import annotations

from elmtex.ui.security import COOKIE, on_a_space, owner_of
from elmtex.ui.toolkit import gr
from elmtex.ui.words import LANGUAGES


def session(request: gr.Request) -> str:
    """The browser's tab, or the program's client."""
    return request.session_hash or ""


def owner(request: gr.Request) -> str:
    """Whose reviews the request may see; on a Space those of this tab alone."""
    key = None if on_a_space() else request.cookies.get(COOKIE)
    return owner_of(request.username, key, session(request))


def language(request: gr.Request) -> str:
    """The first language of the browser that the page speaks."""
    for entry in request.headers.get("accept-language", "").split(","):
        lang = entry.split(";")[0].strip()[:2].lower()
        if lang in LANGUAGES:
            return lang
    return "en"
