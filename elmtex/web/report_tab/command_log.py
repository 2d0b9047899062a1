"""Which commands of a browser's tab have been carried out: it sends one again until it is answered."""

from __future__ import annotations

import threading


class CommandLog:
    """The number of each session's last command, and whether that has been carried out."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, bool]] = {}
        self._changing = threading.Lock()

    def __contains__(self, session: str) -> bool:
        return session in self._last

    def begin(self, session: str, number: int) -> tuple[bool, bool]:
        """Whether a command is new, and where it is not, whether it has been carried out; number 0 is always new."""
        if not number:
            return True, False
        with self._changing:
            last, done = self._last.get(session, (0, True))
            if number <= last:
                return False, done or number < last
            self._last[session] = (number, False)
            return True, False

    def finish(self, session: str) -> None:
        """The session's last command has been carried out, or refused."""
        with self._changing:
            if session in self._last:
                self._last[session] = (self._last[session][0], True)

    def forget(self, session: str) -> None:
        """The session has ended."""
        self._last.pop(session, None)
