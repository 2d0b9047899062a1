"""The one limit of a request's size, around everything that reads a request."""

from __future__ import annotations

from typing import Any

from elmtex.web.access.exchange import answer

MAX_BODY = 32_000_000  # bytes: a report's characters take up to 12 each as JSON
UPLOADS = "/gradio_api/upload"  # where files arrive, which have limits of their own


class BodyLimit:
    """ASGI middleware: refuses a request whose body is over a limit, before it is in memory.

    Args:
        app: the application inside.
        most: bytes.
    """

    def __init__(self, app: Any, most: int = MAX_BODY) -> None:
        self.app = app
        self._most = most

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] == UPLOADS:
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._most:
            await self._refuse(scope, send)
            return
        seen, refused, begun = 0, False, False

        async def counted() -> Any:
            nonlocal seen, refused
            message = await receive()
            seen += len(message.get("body", b""))
            if seen <= self._most:
                return message
            refused = True
            return {"type": "http.disconnect"}

        async def forwarded(message: dict[str, Any]) -> None:
            nonlocal begun
            if not refused:
                begun = True
                await send(message)

        try:
            await self.app(scope, counted, forwarded)
        except Exception:
            if not refused:  # otherwise it is the application's answer to the disconnect above
                raise
        if refused and not begun:
            await self._refuse(scope, send)

    async def _refuse(self, scope: dict[str, Any], send: Any) -> None:
        words = f"The request is larger than {self._most // 10**6} MB".encode()
        await answer(scope, send, 413, words, [(b"connection", b"close")])
