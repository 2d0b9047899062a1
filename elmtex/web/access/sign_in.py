"""Signing in: names and passwords, how often they may be guessed, and keys for programs."""

from __future__ import annotations

import hmac
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar

from elmtex.settings import AUTH, setting_lines
from elmtex.settings import MCP_KEYS as KEYS
from elmtex.types import InputError
from elmtex.web.access.headers import accounts

SHORTEST_KEY = 16  # characters: whoever guesses a key can read reports
FREE = {
    "as": 5,
    "from": 20,
}  # wrong tries of one account, and from one address, which many may share, before a pause
FIRST, LONGEST = (
    30.0,
    900.0,
)  # seconds: the first pause; each further wrong one doubles it up to the longest
REMEMBERED = 10_000  # accounts and addresses; of more, the oldest are forgotten
# gradio's form does not say why it refuses, so the page explains it beforehand.
SLOWLY = "After five wrong tries wait half a minute. · Nach fünf falschen Versuchen eine halbe Minute warten."

# gradio passes only the name and the password to the check, not the address.
address: ContextVar[str] = ContextVar("address", default="")


class Throttle:
    """Counts what went wrong, by whom (``as NAME`` or ``from ADDRESS``), and says how long they have to wait.

    A try during a pause is not looked at and does not make it longer: who knows the password comes in after it.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # name: times, last

    def wait(self, *names: str) -> int:
        """Seconds until one of these may try again; 0 is now."""
        return max((math.ceil(self._until(name) - self._clock()) for name in names), default=0)

    def failed(self, *names: str) -> None:
        """Count one wrong try of each."""
        for name in names:
            times, last = self._wrong.pop(name, (0, 0.0))
            if self._clock() - last > 2 * LONGEST:  # so long ago that it was a typing mistake
                times = 0
            self._wrong[name] = (times + 1, self._clock())
        while len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)

    def succeeded(self, *names: str) -> None:
        """Forget what went wrong before."""
        for name in names:
            self._wrong.pop(name, None)

    def _until(self, name: str) -> float:
        times, last = self._wrong.get(name, (0, 0.0))
        free = FREE[name.split()[0]]
        if times < free:
            return self._clock()
        return last + min(FIRST * 2.0 ** min(times - free, 20), LONGEST)


def network(host: str) -> str:
    """Who an address is, for counting: of IPv6 its network of 64 bits, which one household has whole."""
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return host
    if parsed.version == 4:
        return host
    return str(ipaddress.ip_network((parsed, 64), strict=False))


class Door:
    """Checks passwords, as gradio's ``auth``, and programs' keys; both under one :class:`Throttle`.

    Args:
        passwords: by name.
        keys: the name each key acts for.
        throttle: None makes one.
    """

    def __init__(
        self,
        passwords: Mapping[str, str],
        keys: Mapping[str, str] | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self._passwords, self._keys = dict(passwords), dict(keys or {})
        self._throttle = throttle or Throttle()
        # A user who has signed in from this address before is not locked out by strangers who guess from elsewhere.
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    @property
    def has_keys(self) -> bool:
        """Whether any program may come in."""
        return bool(self._keys)

    def __call__(self, name: str, password: str) -> bool:
        """Whether the password is the name's.

        Raises:
            starlette.exceptions.HTTPException: 429, with how long to wait.
        """
        place = network(address.get())
        counted = [f"from {place}", f"as {name[:200]}"]
        if (name, place) in self._known:
            counted[1] += f" from {place}"
        self._admit(counted)
        # An unknown name takes as long as a known one.
        expected = self._passwords.get(name, "")
        if hmac.compare_digest(password.encode(), expected.encode()) and expected:
            self._throttle.succeeded(*counted)
            self._known[name, place] = None
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return True
        self._throttle.failed(*counted)
        return False

    def name_of(self, key: str) -> str | None:
        """Whom a program's key acts for; None when it is nobody's.

        Raises:
            starlette.exceptions.HTTPException: 429, with how long to wait.
        """
        counted = [f"from {network(address.get())}"]
        self._admit(counted)
        for known, name in self._keys.items():
            if hmac.compare_digest(key.encode(), known.encode()):
                return name
        self._throttle.failed(*counted)
        return None

    def _admit(self, counted: list[str]) -> None:
        from starlette.exceptions import HTTPException

        if (wait := self._throttle.wait(*counted)) > 0:
            raise HTTPException(
                429,
                f"too many wrong tries; try again in {wait} seconds",
                {"Retry-After": str(wait)},
            )


def door() -> Door | None:
    """What ``ELMTEX_AUTH`` and ``ELMTEX_MCP_KEYS`` say; None when no password is asked for.

    Raises:
        InputError: a line is not NAME:PASSWORD or NAME:KEY, a key is short, twice, or for a name without a password.
    """
    pairs, lines = accounts(), setting_lines(KEYS)
    if pairs is None and lines:
        raise InputError(f"{KEYS} is for names of {AUTH}, which is not set")
    if pairs is None:
        return None
    passwords, keys = dict(pairs), dict[str, str]()
    for line in lines:
        name, _, key = line.partition(":")
        if not name or len(key) < SHORTEST_KEY or not key.isascii() or key in keys:
            raise InputError(
                f"{KEYS} must be NAME:KEY, one per line, each key once and of {SHORTEST_KEY} ASCII characters or more"
            )
        if name not in passwords:
            raise InputError(f"{KEYS}: {name!r} is no name of {AUTH}")
        keys[key] = name
    return Door(passwords, keys)
