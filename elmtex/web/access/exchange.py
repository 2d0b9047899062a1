"""A request as text, and what is sent back: an answer of our own, and cookies that are closed to others."""

from __future__ import annotations

import hmac
from typing import Any

from elmtex.web.access.headers import headers, on_a_space

# The header by which gradio's MCP server, in this process, is known to us.
LOOPBACK = "x-elmtex-loopback"


class Asked:
    """A request's headers as text; of a name that comes twice the first, but a cookie's last."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.scope = scope
        self.path: str = scope["path"]
        self.method: str = scope.get("method", "GET")
        self.query: str = scope.get("query_string", b"").decode("latin-1")
        self.headers: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        for raw, value in scope["headers"]:
            name = raw.decode("latin-1").lower()
            self.headers.setdefault(name, value.decode("latin-1"))
            if name == "cookie":
                self.cookies |= _cookies(value.decode("latin-1"))
        forwarded = self.headers.get("x-forwarded-proto", "").split(",")[0].strip()
        self.secure = scope.get("scheme") in ("https", "wss") or forwarded == "https"

    def is_loopback(self, secret: str) -> bool:
        """Whether gradio's MCP server, in this process, asks."""
        given = self.headers.get(LOOPBACK, "")
        return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())


def strict(cookie: bytes, secure: bool, framed: bool) -> bytes:
    """A cookie that no other page's request carries and no script reads.

    In a frame of another site a Strict cookie is never sent. There it is Partitioned (CHIPS): that site's frame alone has it.
    """
    parts = [part.strip() for part in cookie.decode("latin-1").split(";")]
    ruled = ("samesite", "secure", "httponly", "partitioned")
    kept = [p for p in parts if p.partition("=")[0].strip().lower() not in ruled]
    if framed:
        kept += ["HttpOnly", "SameSite=None", "Secure", "Partitioned"]
    else:
        kept += ["HttpOnly", "SameSite=Strict", *["Secure"] * secure]
    return "; ".join(kept).encode("latin-1")


async def answer(
    scope: dict[str, Any],
    send: Any,
    status: int,
    words: bytes,
    more: list[tuple[bytes, bytes]] | None = None,
) -> None:
    """Answer in words, with the headers that every answer has; a web socket is closed with them."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": words.decode()[:120]})
        return
    named = {
        b"content-type": b"text/plain; charset=utf-8",
        b"content-length": str(len(words)).encode(),
        **dict(headers(on_a_space())),
        **dict(more or []),
    }
    await send({"type": "http.response.start", "status": status, "headers": list(named.items())})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else words})


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, _, value in pairs if name}
