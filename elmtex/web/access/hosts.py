"""Which names the page answers to, and whose web page sent a request.

A browser tells both: ``Host`` is the name it was given, ``Origin`` (RFC 6454) and ``Sec-Fetch-Site`` (W3C Fetch Metadata)
say which page asks; no script can change them. Programs send neither of the last two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from elmtex.settings import HOSTS, SPACE_HOST, setting
from elmtex.types import InputError

_LOCAL = "localhost"
_EVERY = ("0.0.0.0", "::")  # listening there is listening at every address of the machine
_PORTS = {"http": 80, "https": 443}


class Hosts:
    """The names that are the page's own.

    Without this a stranger's name that is made to point to this machine (DNS rebinding) would be one origin with the page.
    This machine's own names and addresses always are, and the address that is listened on. Who listens on every address
    answers to every address, as nobody can point one elsewhere.

    Args:
        bound: the address that is listened on.

    Raises:
        InputError: ``ELMTEX_HOSTS`` holds something else than names.
    """

    def __init__(self, bound: str) -> None:
        self._every = bound.strip("[]") in _EVERY
        names = {_LOCAL, bound.strip("[]").lower(), *_listed()}
        if space := setting(SPACE_HOST):
            names.add(space.lower())
        self._names = names

    def __contains__(self, host: str) -> bool:
        """Whether a ``Host`` header, with a port or without one, names the page."""
        name = _split(f"//{host}")[0]
        if name is None:
            return False
        try:
            address = ip_address(name)
        except ValueError:
            return name in self._names
        return self._every or address.is_loopback or name in self._names


def _listed() -> list[str]:
    names = setting(HOSTS).lower().replace(",", " ").split()
    for name in names:
        if not re.fullmatch(r"[a-z0-9_.-]+|[0-9a-f:.]+", name):
            raise InputError(
                f"{HOSTS}: {name!r} is no host name; give names alone, such as elmtex.example.org, without https:// and port"
            )
    return names


def _split(url: str) -> tuple[str | None, int | None]:
    """Name and port of a URL; no name when it has other parts than these, or is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None, None
    plain = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    name = parts.hostname if plain and not re.search(r"\s", url) else None
    return name.rstrip(".") if name else None, port


def is_foreign(headers: Mapping[str, str], secure: bool) -> bool:
    """Whether a browser sent this for another web page than ours.

    Args:
        headers: the request's, their names in lower case.
        secure: it came by https; then a page of the same name without it is another one.
    """
    site = headers.get("sec-fetch-site", "")
    if site not in ("", "same-origin", "none"):
        return True
    origin = headers.get("origin")
    if origin is None:
        return False
    if origin == "null":  # a form on a page that sends no referrer, or a page that hides its origin
        return site != "same-origin"
    scheme = origin.partition(":")[0]
    if scheme not in _PORTS or (secure and scheme != "https"):
        return True
    name, port = _split(f"//{headers.get('host', '')}")
    own = (name, port or _PORTS[scheme])
    asking = _split(origin)
    return name is None or (asking[0], asking[1] or _PORTS[scheme]) != own


def is_visit(method: str, path: str, headers: Mapping[str, str], framed: bool) -> bool:
    """Whether it opens the page itself, as a link on another page does.

    Args:
        framed: another page may also show it in a frame, as a Hugging Face Space needs it.
    """
    shown = ("document", "iframe") if framed else ("document",)
    return (
        method in ("GET", "HEAD")
        and path == "/"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") in shown
        and "origin" not in headers
    )
