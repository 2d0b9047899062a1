"""A chat model on an OpenAI-compatible server (vLLM, llama.cpp, Ollama), given by URL. Reports go there and nowhere else."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from elmtex.extractors.chat.extractor import CUT, Reply, TooLongError
from elmtex.extractors.chat.prompts import Message
from elmtex.types import N_, ElmtexError, InputError

MAX_REPLY = 4096  # tokens
TIMEOUT = 600.0  # seconds a reply may take
_ENDED = N_("The server ended the reply ({reason}); items may be missing.")
KEY = "ELMTEX_SERVER_KEY"  # environment variable: sent as a bearer token when set
PLAIN = "ELMTEX_SERVER_PLAIN"  # environment variable: the key may also cross a network unencrypted


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it may lead to another machine."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)  # and by no proxy


class ServerChat:
    """A model behind ``URL/chat/completions``.

    Args:
        url: the API's base, with its version, e.g. ``http://127.0.0.1:8000/v1``.
        model: the name the server knows it by.

    Raises:
        InputError: the URL is not one of HTTP, or the key would be sent unencrypted to another machine.
    """

    def __init__(self, url: str, model: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError("server {url!r}: give a URL such as http://127.0.0.1:8000/v1", url=url)
        self._url = url.rstrip("/")
        self._headers()
        self.name = model

    def folders(self) -> tuple[Path, ...]:
        return ()

    def settings(self) -> dict[str, str]:
        return {"server": self._url}

    def load(self) -> None:
        """Ask the server for its models, so that a wrong URL comes out before any report is sent.

        Raises:
            InputError: nobody answers there.
        """
        self._call("/models", None)

    def reply(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Reply:
        """Answer with JSON of a schema; see :class:`elmtex.extractors.chat.extractor.Chat`."""
        data = self._call(
            "/chat/completions",
            {
                "model": self.name,
                "messages": list(messages),
                "temperature": 0,
                "max_tokens": MAX_REPLY,
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "report", "strict": True, "schema": schema},
                },
            },
        )
        try:
            choice = data["choices"][0]
            usage = data.get("usage") or {}
            return Reply(
                choice["message"]["content"] or "",
                _problem(choice["finish_reason"]),
                usage.get("prompt_tokens"),
                usage.get("completion_tokens"),
            )
        except (KeyError, IndexError, TypeError, AttributeError):
            raise ElmtexError(
                "server {url}: its answer is no chat completion; is it OpenAI-compatible?",
                url=self._url,
            ) from None

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY):
            plain = self._url.startswith("http://") and not _stays_here(self._url)
            if plain and not os.environ.get(PLAIN):
                raise InputError(
                    "server {url}: {key} would cross the network unencrypted; give an https:// URL, or set {plain}=1 if "
                    "that network is trusted",
                    url=self._url,
                    key=KEY,
                    plain=PLAIN,
                )
            headers["Authorization"] = f"Bearer {key}"
        return headers

    def _call(self, path: str, body: Mapping[str, Any] | None) -> Any:
        headers = self._headers()
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, headers)
        try:
            with _OPENER.open(request, timeout=TIMEOUT) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise _refused(self._url, error) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            # Never its text: it may quote what was sent.
            raise InputError(
                "server {url}: no usable answer ({kind}); is it running?",
                url=self._url,
                kind=type(error).__name__,
            ) from None


def _stays_here(url: str) -> bool:
    """Whether a URL's host is this machine, by its name or address."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(url: str, error: urllib.error.HTTPError) -> InputError:
    """An HTTP error; one that speaks of the context's length lets the caller shorten the prompt."""
    text = error.read(10_000).decode("utf-8", "replace").lower()
    if error.code == 400 and "context" in text:
        return TooLongError("server {url}: the prompt is too long for the model's context", url=url)
    return InputError(
        "server {url}: HTTP status {code}; check --server and --model", url=url, code=error.code
    )


def _problem(reason: str | None) -> str:
    """Why a reply is not whole, by OpenAI's ``finish_reason``; "" when it is, or the server does not tell."""
    if reason in ("stop", None):
        return ""
    return CUT if reason == "length" else _ENDED.format(reason=reason)
