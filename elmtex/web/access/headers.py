"""Who a visitor is, and the headers that keep a browser from sending a report anywhere else."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from elmtex.settings import AUTH, SPACE_ID, setting
from elmtex.types import InputError

COOKIE = "elmtex_reviews"
TAB = "session:"  # how the owner begins who is known by the tab alone
YEAR = 31_536_000  # seconds

_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)

# The page may load from, and send to, its own server only. Scripts come from its own files, and templates.js makes
# 'unsafe-eval' unnecessary. Styles need 'unsafe-inline': gradio writes style attributes, and its components add <style>
# elements as they are rendered.
_POLICY = (
    "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
)


def headers(framed: bool, scripts: Iterable[str] = ()) -> list[tuple[bytes, bytes]]:
    """The security headers of every answer.

    Args:
        framed: other sites may show the page in a frame, as a Hugging Face Space needs it.
        scripts: the inline scripts that may run, each as it stands in the page (CSP Level 3, hash sources).
    """
    hashes = sorted({f" 'sha256-{_digest(script)}'" for script in scripts})
    policy = _POLICY.format(scripts="".join(hashes))
    if not framed:
        policy += "; frame-ancestors 'self'"
    named = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
    if not framed:
        named["x-frame-options"] = "SAMEORIGIN"
    return [(name.encode(), value.encode()) for name, value in named.items()]


class Guard:
    """ASGI middleware: adds the headers, and gives a browser the key to its own reviews.

    The key is random, and no script can read it; the store only ever sees its hash (:func:`owner_of`). It stands inside of
    gradio's compression, as it reads the page to know its inline scripts.

    Args:
        app: the application inside.
        framed: see :func:`headers`.
        scripts: those that gradio adds to the page while it runs.
    """

    def __init__(self, app: Any, framed: bool = False, scripts: Sequence[str] = ()) -> None:
        self.app, self._framed, self._scripts = app, framed, tuple(scripts)
        self._headers = headers(framed)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        page = scope["path"] == "/"
        fresh = page and f"{COOKIE}=".encode() not in asked.get(b"cookie", b"")
        secure = scope.get("scheme") == "https" or asked.get(b"x-forwarded-proto") == b"https"
        rules, held = self._headers, []

        async def guarded(message: dict[str, Any]) -> None:
            nonlocal rules
            held.append(message)
            if page and (message["type"] == "http.response.start" or message.get("more_body")):
                return  # its inline scripts are not all known yet
            if page:
                text = b"".join(m.get("body", b"") for m in held).decode()
                rules = headers(self._framed, [*self._scripts, *_INLINE.findall(text)])
            for each in held:
                if each["type"] == "http.response.start":
                    named = _ruled(each["headers"], rules, b"/assets/" in scope["path"].encode())
                    if fresh:
                        named.append((b"set-cookie", _cookie(secure)))
                    each = {**each, "headers": named}
                await send(each)
            held.clear()

        await self.app(scope, receive, guarded)


def _ruled(
    theirs: list[tuple[bytes, bytes]], rules: list[tuple[bytes, bytes]], static: bool
) -> list[tuple[bytes, bytes]]:
    # The front end's files, which have hashes in their names, contain no patient's data and may be cached.
    ours = [pair for pair in rules if not (static and pair[0] == b"cache-control")]
    mine = {name for name, _ in ours}
    return [*(pair for pair in theirs if pair[0].lower() not in mine), *ours]


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


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
    text = setting(AUTH).strip()
    if not text:
        return None
    pairs = [tuple(line.strip().partition(":")[::2]) for line in text.splitlines() if line.strip()]
    if not all(name and password for name, password in pairs):
        raise InputError(f"{AUTH} must be NAME:PASSWORD, one per line")
    return [(name, password) for name, password in pairs]


def on_a_space() -> bool:
    """Whether this runs on a Hugging Face Space, where nothing is private."""
    return bool(setting(SPACE_ID))
