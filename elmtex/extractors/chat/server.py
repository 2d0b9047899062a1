"""A chat model on an OpenAI-compatible server (vLLM, llama.cpp, Ollama), given by URL. Reports go there and nowhere else."""

from __future__ import annotations

import functools
import ipaddress
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from elmtex.extractors.chat.extractor import CUT, Reply, TooLongError
from elmtex.extractors.chat.prompts import Message
from elmtex.settings import SERVER_KEY, SERVER_PLAIN, setting
from elmtex.types import N_, ElmtexError, InputError, MissingDependencyError

if TYPE_CHECKING:
    import httpx

MAX_REPLY = 4096  # tokens
TIMEOUT = 600.0  # seconds a reply may take
CONNECT_TIMEOUT = 30.0  # seconds until a connection is open
MAX_ERROR = 10_000  # bytes of an error's body that are looked at
PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before a question is asked again
MAX_PAUSE = 60.0  # that a server may ask for
_BUSY = (408, 425, 429, 500, 502, 503, 504)  # HTTP status: another time it may answer
_NO_ANSWER = N_("server {url}: no usable answer ({kind}); is it running?")
_REFUSED = N_("server {url}: HTTP status {code}; check --server and --model")
_ENDED = N_("The server ended the reply ({reason}); items may be missing.")


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
        data = self._patiently(
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
                problem_of(choice["finish_reason"]),
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
        if key := setting(SERVER_KEY):
            plain = self._url.startswith("http://") and not _stays_here(self._url)
            if plain and not setting(SERVER_PLAIN):
                raise InputError(
                    "server {url}: {key} would cross the network unencrypted; give an https:// URL, or set {plain}=1 if "
                    "that network is trusted",
                    url=self._url,
                    key=SERVER_KEY,
                    plain=SERVER_PLAIN,
                )
            headers["Authorization"] = f"Bearer {key}"
        return headers

    def _patiently(self, path: str, body: Mapping[str, Any]) -> Any:
        """What the server answers; when it is busy, or does not answer, it is asked again after each of :data:`PAUSES`."""
        for pause in PAUSES:
            try:
                return self._call(path, body)
            except _BusyError as error:
                time.sleep(max(pause, min(error.wish, MAX_PAUSE)))
        return self._call(path, body)

    def _call(self, path: str, body: Mapping[str, Any] | None) -> Any:
        try:
            import httpx
        except ImportError:
            raise MissingDependencyError(
                "a chat model's server needs httpx: pip install 'elmtex[server]'"
            ) from None
        headers = self._headers()
        # A client of its own for each call: no cookie, and no connection that the server has closed meanwhile.
        try:
            with (
                _client() as client,
                client.stream(
                    "GET" if body is None else "POST",
                    self._url + path,
                    content=None if body is None else json.dumps(body),
                    headers=headers,
                ) as response,
            ):
                if not response.is_success:
                    raise _refused(self._url, response)
                return json.loads(response.read())
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RecursionError) as error:
            # Never its text: it may quote what was sent.
            again = isinstance(error, httpx.TransportError)
            raise (_BusyError if again else InputError)(
                _NO_ANSWER,
                url=self._url,
                kind=type(error).__name__,
            ) from None


class _BusyError(InputError):
    """The server did not answer this time. ``wish`` is the seconds that it asks to wait."""

    wish = 0.0


def _client() -> httpx.Client:
    """A client that asks the server itself and nobody else: by no proxy, following no redirect to another machine."""
    import httpx

    return httpx.Client(
        trust_env=False,  # neither proxies nor .netrc
        follow_redirects=False,
        timeout=httpx.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
        verify=_authorities(),
    )


@functools.cache
def _authorities() -> ssl.SSLContext:
    """The machine's own: a hospital may have one. Reading them takes longer than many an answer."""
    return ssl.create_default_context()


def _stays_here(url: str) -> bool:
    """Whether a URL's host is this machine, by its name or address."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # not even a URL
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(url: str, response: httpx.Response) -> InputError:
    """An HTTP error; one that speaks of the context's length lets the caller shorten the prompt."""
    body = next(response.iter_bytes(MAX_ERROR), b"")
    text = body.decode("utf-8", "replace").lower()
    if response.status_code == 400 and "context" in text:
        return TooLongError("server {url}: the prompt is too long for the model's context", url=url)
    kind = _BusyError if response.status_code in _BUSY else InputError
    refused = kind(
        _REFUSED,
        url=url,
        code=response.status_code,
    )
    wish = response.headers.get("Retry-After", "")
    if isinstance(refused, _BusyError) and wish.isdecimal():
        refused.wish = float(wish)
    return refused


def problem_of(reason: str | None) -> str:
    """Why a reply is not whole, by OpenAI's ``finish_reason``; "" when it is, or the server does not tell."""
    if reason in ("stop", None):
        return ""
    return CUT if reason == "length" else _ENDED.format(reason=reason)
