"""Who a visitor is, and the headers that keep a browser from sending a report anywhere else."""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import Any

from elmtex.types import InputError

COOKIE = "elmtex_reviews"
TAB = "session:"  # how the owner begins who is known by the tab alone
YEAR = 31_536_000  # seconds
AUTH = "ELMTEX_AUTH"  # the environment variable with NAME:PASSWORD, several separated by line ends

# The page may load from, and send to, the server it came from and no other. gradio's own script needs the inline ones.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
)


def headers(framed: bool) -> list[tuple[bytes, bytes]]:
    """The security headers of every answer.

    Args:
        framed: other sites may show the page in a frame, as a Hugging Face Space needs it.
    """
    policy = _POLICY if framed else f"{_POLICY}; frame-ancestors 'self'"
    named = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
    }
    if not framed:
        named["x-frame-options"] = "SAMEORIGIN"
    return [(name.encode(), value.encode()) for name, value in named.items()]


class Guard:
    """ASGI middleware: adds the headers, and gives a browser the key to its own reviews.

    The key is random, and no script can read it; the store only ever sees its hash (:func:`owner_of`).

    Args:
        app: the application inside.
        framed: see :func:`headers`.
    """

    def __init__(self, app: Any, framed: bool = False) -> None:
        self.app = app
        self._headers = headers(framed)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        fresh = scope["path"] == "/" and f"{COOKIE}=".encode() not in asked.get(b"cookie", b"")
        secure = scope.get("scheme") == "https" or asked.get(b"x-forwarded-proto") == b"https"

        async def guarded(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                mine = {name for name, _ in self._headers}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in mine]
                # The hashed files of the front end hold nothing of a patient and may be kept.
                static = b"/assets/" in scope["path"].encode()
                added = [p for p in self._headers if not (static and p[0] == b"cache-control")]
                if static:
                    kept += [p for p in message["headers"] if p[0].lower() == b"cache-control"]
                if fresh:
                    added.append((b"set-cookie", _cookie(secure)))
                message = {**message, "headers": [*kept, *added]}
            await send(message)

        await self.app(scope, receive, guarded)


def _cookie(secure: bool) -> bytes:
    value = (
        f"{COOKIE}={secrets.token_urlsafe(32)}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Strict"
    )
    return (value + "; Secure" * secure).encode()


def owner_of(username: str | None, key: str | None, session: str) -> str:
    """Whose reviews a request may see.

    Args:
        username: who is signed in; None without a password.
        key: the browser's cookie; None when it keeps none.
        session: the browser tab.

    Returns:
        The user, else the browser (by a hash of its key), else this tab alone.
    """
    if username:
        return f"user:{username}"[:200]
    if key:
        return f"browser:{hashlib.sha256(key.encode()).hexdigest()}"
    return f"{TAB}{session}"


def accounts() -> list[tuple[str, str]] | None:
    """The names and passwords of ``ELMTEX_AUTH``; None when it is not set.

    Raises:
        InputError: a line is not NAME:PASSWORD.
    """
    text = os.environ.get(AUTH, "").strip()
    if not text:
        return None
    pairs = [tuple(line.strip().partition(":")[::2]) for line in text.splitlines() if line.strip()]
    if not all(name and password for name, password in pairs):
        raise InputError(f"{AUTH} must be NAME:PASSWORD, one a line")
    return [(name, password) for name, password in pairs]


def on_a_space() -> bool:
    """Whether this runs on a Hugging Face Space, where nothing is private."""
    return bool(os.environ.get("SPACE_ID"))
