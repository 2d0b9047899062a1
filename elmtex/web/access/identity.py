"""Who asks, as far as gradio's request tells: the tab, the owner of the reviews, the language."""

from __future__ import annotations

from elmtex.types import InputError
from elmtex.web.access.headers import COOKIE, on_a_space, owner_of
from elmtex.web.access.sign_in import SHORTEST_KEY
from elmtex.web.locale.messages import LANGUAGES
from elmtex.web.toolkit import gr

KEY_HEADER = "X-Elmtex-Key"


def session(request: gr.Request) -> str:
    """The browser's tab, or the program's client."""
    return request.session_hash or ""


def owner(request: gr.Request) -> str:
    """Whose reviews the request may see; on a Space those of this tab alone."""
    key = None if on_a_space() else request.cookies.get(COOKIE)
    return owner_of(request.username, key, session(request))


def program(request: gr.Request) -> str:
    """Whose reviews a program may see: those of who signed in, or of a secret key that it chose itself.

    Raises:
        InputError: it names nobody, or this is a Space, which keeps no reviews.
    """
    if on_a_space():
        raise InputError("this public demonstration keeps no reviews: use /extract and /convert")
    key = request.headers.get(KEY_HEADER, "")
    if not request.username and not len(key) >= SHORTEST_KEY:
        raise InputError(
            f"whose reviews? Sign in, or send a secret of your own, of {SHORTEST_KEY} characters or more, as the header "
            f"{KEY_HEADER}: Client(address, headers={{'{KEY_HEADER}': …}})"
        )
    return owner_of(request.username, key, session(request))


def language(request: gr.Request) -> str:
    """The first language of the browser that the page speaks."""
    for entry in request.headers.get("accept-language", "").split(","):
        lang = entry.split(";")[0].strip()[:2].lower()
        if lang in LANGUAGES:
            return lang
    return "en"
