"""What one visitor may take: the length of a report, a place at the model, a place in the database."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable

from elmtex.types import ElmtexError

MAX_CHARACTERS = 2_000_000  # of one report; a browser's box becomes unusable long before
WAITING = 4  # extractions of one visitor that wait or are under way at once
STORED = 5_000  # reports of one visitor in the database


class Turn:
    """Who works with the model: one extraction at a time, one visitor after the other.

    A lock of ``threading`` promises no order. Here visitors come in the order in which they asked, each of them with
    the first of what it waits for; an extraction that works for long lets the others go first now and then.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[threading.Event]] = {}  # by visitor, the next one first
        self._taken = False
        self._changing = threading.Lock()

    def take(self, owner: str = "") -> None:
        """Wait for a turn of this visitor."""
        with self._changing:
            if not self._taken:
                self._taken = True
                return
            mine = self._queued(owner)
        mine.wait()

    def give_back(self) -> None:
        """End one's turn: the next one has it at once, so that nobody can slip in between."""
        with self._changing:
            self._next()

    def pass_on(self, owner: str = "") -> None:
        """Give one's turn to who waits, and wait for the next; nothing happens where nobody waits."""
        with self._changing:
            if not self._waiting:
                return
            mine = self._queued(owner)
            self._next()
        mine.wait()

    def __enter__(self) -> None:
        self.take()

    def __exit__(self, *_: object) -> None:
        self.give_back()

    def _queued(self, owner: str) -> threading.Event:
        mine = threading.Event()
        self._waiting.setdefault(owner, deque()).append(mine)
        return mine

    def _next(self) -> None:
        if not self._waiting:
            self._taken = False
            return
        owner = next(iter(self._waiting))
        queue = self._waiting.pop(owner)
        queue.popleft().set()
        if queue:
            self._waiting[owner] = queue  # behind all other visitors


class Shares:
    """How many extractions each visitor has under way or waiting.

    Args:
        most: of one visitor.
    """

    def __init__(self, most: int = WAITING) -> None:
        self._most = most
        self._held: Counter[str] = Counter()
        self._changing = threading.Lock()

    def take(self, owner: str) -> Callable[[], None]:
        """Take one of the visitor's places; what it returns gives the place back.

        Raises:
            ElmtexError: all are taken.
        """
        with self._changing:
            if self._held[owner] >= self._most:
                raise ElmtexError(
                    "{most} of your reports wait or are being read: wait for one of them",
                    most=self._most,
                )
            self._held[owner] += 1
        return lambda: self._give_back(owner)

    def _give_back(self, owner: str) -> None:
        with self._changing:
            self._held[owner] -= 1
            if not self._held[owner]:
                del self._held[owner]
