"""Which reports a batch has met and answered, on the disk: a batch of ten million letters must not fill the memory."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

BYTES = 16  # of a digest: of 10**12 reports two have the same one with a chance of 10**-15

_TABLE = """
CREATE TABLE reports (
    report BLOB,             -- digest of id and text
    settings BLOB,           -- digest of all else that decides its answer
    earlier TEXT,            -- status of its line from an earlier run; NULL when there is none
    status TEXT,             -- status of its line from this run
    times INT DEFAULT 0,     -- that it stands in the inputs
    PRIMARY KEY (report, settings)
) WITHOUT ROWID
"""
# Earlier lines whose report, same id and text, has an answer with this run's settings by now. What failed now has lost
# nothing that it had.
_SUPERSEDED = """
    old.earlier IS NOT NULL AND old.times = 0 AND EXISTS (
        SELECT 1 FROM reports AS new WHERE new.report = old.report AND new.times > 0
        AND coalesce(new.status, new.earlier) <> 'failed')
"""


class Ledger:
    """The reports of a batch by id and key, in a temporary file that holds digests alone, no id and no word.

    Used by one thread.
    """

    def __init__(self) -> None:
        # "" is a database of this process, in memory while it is small and in an unnamed file beyond that.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(_TABLE)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.close()

    def earlier(self, id: str, key: str, status: str) -> bool:
        """Note a line of an earlier run; whether it stays: one that failed is tried again, and of twins one is enough."""
        if status == "failed":
            return False
        insert = "INSERT OR IGNORE INTO reports (report, settings, earlier) VALUES (?, ?, ?)"
        return self._database.execute(insert, (*_digests(id, key), status)).rowcount == 1

    def meet(self, id: str, key: str) -> bool:
        """Note a report of the inputs; whether it is to be answered: it has no line, and was not met before."""
        digests = _digests(id, key)
        self._database.execute(
            "INSERT INTO reports (report, settings, times) VALUES (?, ?, 1) "
            "ON CONFLICT DO UPDATE SET times = times + 1",
            digests,
        )
        query = (
            "SELECT times = 1 AND earlier IS NULL FROM reports WHERE report = ? AND settings = ?"
        )
        return bool(self._database.execute(query, digests).fetchone()[0])

    def answered(self, id: str, key: str, status: str) -> None:
        """Note the line of a report that was met."""
        update = "UPDATE reports SET status = ? WHERE report = ? AND settings = ?"
        self._database.execute(update, (status, *_digests(id, key)))

    def superseded(self, id: str, key: str) -> bool:
        """Whether a line is to go: its report has been answered again, with other settings."""
        query = f"SELECT 1 FROM reports AS old WHERE report = ? AND settings = ? AND {_SUPERSEDED}"
        return self._database.execute(query, _digests(id, key)).fetchone() is not None

    def statuses(self) -> dict[str, int]:
        """The inputs' reports by the status of their lines; one that stands there twice counts twice."""
        query = (
            "SELECT coalesce(status, earlier), sum(times) FROM reports WHERE times > 0 GROUP BY 1"
        )
        return dict(self._database.execute(query))

    def counts(self) -> tuple[int, int, int, int]:
        """Of the inputs: those whose line was there; lines of others; those answered again; those met again."""
        return (
            self._count("SELECT count(*) FROM reports WHERE times > 0 AND earlier IS NOT NULL"),
            self._count(
                "SELECT count(*) FROM reports AS old WHERE earlier IS NOT NULL AND times = 0 "
                f"AND NOT ({_SUPERSEDED})"
            ),
            self._count(f"SELECT count(DISTINCT report) FROM reports AS old WHERE {_SUPERSEDED}"),
            self._count("SELECT coalesce(sum(times - 1), 0) FROM reports WHERE times > 0"),
        )

    def done(self) -> NDArray[np.bytes_]:
        """The digests of the reports that have a line, sorted: what workers look up with :func:`is_done`."""
        query = "SELECT report, settings FROM reports WHERE earlier IS NOT NULL"
        found = self._database.execute(query)

        def digests() -> Iterator[bytes]:
            for report, settings in found:
                yield _of_both(report, settings)

        return np.sort(np.fromiter(digests(), dtype=f"S{BYTES}"))

    def _count(self, query: str) -> int:
        return int(self._database.execute(query).fetchone()[0])


def is_done(done: NDArray[np.bytes_], id: str, key: str) -> bool:
    """Whether :meth:`Ledger.done` has a report."""
    own = _of_both(*_digests(id, key)).rstrip(b"\0")  # as numpy gives such strings back
    place = int(np.searchsorted(done, np.bytes_(own)))
    return place < len(done) and bool(done[place] == own)


def _of_both(report: bytes, settings: bytes) -> bytes:
    return hashlib.sha256(report + settings).digest()[:BYTES]


def _digests(id: str, key: str) -> tuple[bytes, bytes]:
    """Of id and text, and of the settings. A key is ``TEXT-SETTINGS``, two hashes."""
    text, _, settings = key.partition("-")
    report = hashlib.sha256(f"{id}\0{text}".encode("utf-8", "surrogatepass")).digest()[:BYTES]
    return report, hashlib.sha256(settings.encode()).digest()[:BYTES]
