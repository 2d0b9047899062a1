"""The outermost layer of the page's server: what does not come from the page itself, or from a program, ends here.

gradio's own answers are made for pages that others embed: it lets every origin read them with the visitor's cookies, hands
its token to scripts, and gives a session to whoever names it. So this stands around all of it:

* a name that is not the page's (:mod:`elmtex.web.access.hosts`) and another page's requests are refused, web sockets too;
* of gradio's own routes those are open that the page and programs use;
* no answer carries ``access-control-*``, and every cookie is ``SameSite=Strict`` and closed to scripts;
* a session's name means another session for each visitor, so that reading it, say in a proxy's log, opens nothing;
* programs' keys stand for a signed-in user, and MCP asks for one where the page asks for a password.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode

from elmtex.settings import HOSTS
from elmtex.web.access.body_limit import BodyLimit
from elmtex.web.access.exchange import LOOPBACK, Asked, answer, strict
from elmtex.web.access.headers import COOKIE
from elmtex.web.access.hosts import Hosts, is_foreign, is_visit
from elmtex.web.access.sign_in import Door, address

_API = "/gradio_api/"
_MCP = f"{_API}mcp"
# The JSON sent to these names a session. Other routes are open, too, but only these run anything.
_RUNNING = ("queue/join", "run", "api", "call", "cancel", "reset")
_OPEN = (
    *_RUNNING,
    *("queue/data", "queue/status", "heartbeat", "upload", "upload_progress", "file", "info"),
    *("openapi.json", "startup-events", "login_check", "user", "app_id", "theme.css", "mcp"),
)
_ROUTE = re.compile(rf"{_API}({'|'.join(map(re.escape, _OPEN))})([/=].*)?")
_BODIED = re.compile(rf"{_API}({'|'.join(map(re.escape, _RUNNING))})(/.*)?")

_REFUSED = (
    "This request comes from another web page, which may neither read nor change anything here."
)
_UNNAMED = f"This page does not answer to that name. Whoever runs it can add it to {HOSTS}."
_AGAIN = b'<!doctype html><title>elmtex</title><meta http-equiv="refresh" content="0">'


class Gate:
    """ASGI middleware, to be put around the whole application (:func:`around`).

    Args:
        app: what is inside.
        gradio: the gradio app, which knows its cookies and who is signed in.
        hosts: the page's names.
        framed: other sites may show the page in a frame, as a Hugging Face Space needs it.
        door: checks passwords and keys; None where none are asked for.
        loopback: the secret of the MCP server in this process.
    """

    def __init__(
        self,
        app: Any,
        gradio: Any,
        hosts: Hosts,
        framed: bool = False,
        door: Door | None = None,
        loopback: str = "",
    ) -> None:
        self.app, self._gradio, self._hosts = app, gradio, hosts
        self._framed, self._door, self._loopback = framed, door, loopback
        self._secret = secrets.token_bytes(32)
        self._tokens: dict[str, str] = {}  # of gradio, by the name of who has a key

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = Asked(scope)
        address.set((scope.get("client") or ("",))[0])
        refusal = self._refusal(asked) or self._identified(asked)
        if refusal is not None:
            await answer(scope, send, *refusal)
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        if asked.headers.get("sec-fetch-site") == "cross-site" and not self._framed:
            # A browser sends no Strict cookies when a link on another site is followed; it does when the page then reloads itself.
            await answer(scope, send, 200, _AGAIN, [(b"content-type", b"text/html")])
            return
        body = None
        if scope["method"] == "POST" and _BODIED.fullmatch(asked.path):
            body = await self._body(asked, receive)
            if isinstance(body, tuple):
                await answer(scope, send, *body)
                return
        await self.app(self._inside(asked, body), _replay(body, receive), self._sender(asked, send))

    def _refusal(self, asked: Asked) -> tuple[int, bytes] | None:
        """Why it ends here, as status and words; None when it does not."""
        headers = asked.headers
        if headers.get("host", "") not in self._hosts:
            return 403, _UNNAMED.encode()
        visit = is_visit(asked.method, asked.path, headers, self._framed)
        if is_foreign(headers, asked.secure) and not visit:
            return 403, _REFUSED.encode()
        if asked.path.startswith(_API.rstrip("/")) and not _ROUTE.fullmatch(asked.path):
            return 404, b"Not found"
        return None

    def _identified(self, asked: Asked) -> tuple[int, bytes, list[tuple[bytes, bytes]]] | None:
        """Sign in who brings a key, and turn away who may not use MCP without one."""
        from starlette.exceptions import HTTPException

        if self._door is None:
            return None
        scheme, _, key = asked.headers.get("authorization", "").partition(" ")
        name = None
        if scheme.lower() == "bearer":
            try:
                name = self._door.name_of(key.strip())
            except HTTPException as error:
                wait = (error.headers or {})["Retry-After"]
                return error.status_code, error.detail.encode(), [(b"retry-after", wait.encode())]
        elif asked.is_loopback(self._loopback):
            name = ""  # it fetches for its callers, whose own requests are checked
        needed = scheme.lower() == "bearer" or asked.path.startswith(_MCP)
        if name is None:
            if not needed:
                return None
            words = (
                b"This needs a key that the server knows, as the header Authorization: Bearer KEY"
            )
            return 401, words, [(b"www-authenticate", b"Bearer")]
        token = self._tokens.setdefault(name, secrets.token_urlsafe(32))
        # set again each time, because signing out on the page removes it
        self._gradio.tokens[token] = name
        asked.cookies[f"access-token-{self._gradio.cookie_id}"] = token
        return None

    async def _body(self, asked: Asked, receive: Any) -> Any:
        """The JSON of a request with its session exchanged, as bytes, or why it is refused."""
        parts, more = [], True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return 400, b"The request ended early"
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        # If our reading of the JSON differed from gradio's, it could name a session that we did not see.
        try:
            data = json.loads(b"".join(parts))
        except (ValueError, RecursionError):
            return 400, b"The body is no JSON"
        if not isinstance(data, dict):
            return 400, b"The body is no JSON object"
        if (named := data.get("session_hash")) is not None:
            if not isinstance(named, str):
                return 400, b"session_hash is no text"
            data["session_hash"] = self._session(asked, named)
        return json.dumps(data).encode()

    def _session(self, asked: Asked, named: str) -> str:
        """The session that a visitor means by a name. Who keeps no cookie is known by the name alone."""
        token = f"access-token-{self._gradio.cookie_id}"
        mine = [asked.cookies.get(name, "") for name in (COOKIE, token)]
        # gradio's MCP server asks with its callers' cookies, and fetches the answers with its own.
        who = ["mcp"] if asked.is_loopback(self._loopback) else mine
        words = json.dumps([*who, named]).encode()
        return hmac.new(self._secret, words, hashlib.sha256).hexdigest()[:32]

    def _inside(self, asked: Asked, body: bytes | None) -> dict[str, Any]:
        """The request as gradio gets to see it."""
        path, query = asked.path, asked.query
        if path.startswith(f"{_API}heartbeat/"):
            path = f"{_API}heartbeat/{self._session(asked, path.removeprefix(f'{_API}heartbeat/'))}"
        pairs = parse_qsl(query, keep_blank_values=True)
        if any(name == "session_hash" for name, _ in pairs):
            query = urlencode(
                [(n, self._session(asked, v) if n == "session_hash" else v) for n, v in pairs]
            )
        # gradio writes the address in these headers into its pages, and keeps it for other visitors.
        dropped = {"x-gradio-server", "cookie", LOOPBACK}
        if asked.headers.get("x-forwarded-host", "") not in self._hosts:
            dropped.add("x-forwarded-host")
        if body is not None:
            dropped |= {"content-length", "transfer-encoding"}
        kept = [p for p in asked.scope["headers"] if p[0].decode("latin-1").lower() not in dropped]
        if asked.cookies:
            kept.append(
                (
                    b"cookie",
                    "; ".join(f"{n}={v}" for n, v in asked.cookies.items()).encode("latin-1"),
                )
            )
        if body is not None:
            kept.append((b"content-length", str(len(body)).encode()))
        changed = {"headers": kept, "path": path, "query_string": query.encode("latin-1")}
        if path != asked.path:
            changed["raw_path"] = path.encode()
        return {**asked.scope, **changed}

    def _sender(self, asked: Asked, send: Any) -> Callable[[Any], Any]:
        async def guarded(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                kept = []
                for name, value in message.get("headers", []):
                    if name.lower() == b"set-cookie":
                        value = strict(value, asked.secure, self._framed)
                    if not name.lower().startswith(b"access-control-"):
                        kept.append((name, value))
                message = {**message, "headers": kept}
            await send(message)

        return guarded


def around(
    hosts: Hosts, *, framed: bool, door: Door | None, loopback: str
) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """The lifespan that puts a :class:`Gate`, and the limit of a request's size, around a gradio app before its first request.

    gradio adds its own middleware outside of any that it is given, so this is the one place that is outside of all.
    """

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        gate = Gate(app.middleware_stack, app, hosts, framed, door, loopback)
        app.middleware_stack = BodyLimit(gate)
        yield

    return lifespan


def _replay(body: bytes | None, receive: Any) -> Any:
    """``receive`` of a request whose body was read already."""
    if body is None:
        return receive
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Any:
        return waiting.pop() if waiting else await receive()

    return replayed
