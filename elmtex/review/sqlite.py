"""SQLite's settings: a decision survives a power cut, and deleted words leave the disk.

SQLite writes a report to three places. In the database ``secure_delete`` overwrites what is
deleted. Its temporary files are kept in memory. The rollback journal, which holds pages as they
were before each change, is one file that is never removed while it holds words
(``journal_mode=PERSIST``: a removed file's blocks keep them), and is overwritten after a deletion.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

PATIENCE = 30  # seconds to wait for another process that writes

_PRAGMAS = (
    # While the database is one's own, a journal that a killed process left is overwritten too, not
    # removed.
    "locking_mode=EXCLUSIVE",
    "journal_mode=PERSIST",
    "locking_mode=NORMAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",
    # No page reaches the disk before its transaction is complete.
    "cache_spill=OFF",
    "foreign_keys=ON",
)


def set_up(connection: Any, _: Any) -> None:
    """Set up a new connection; for SQLAlchemy's event ``connect``."""
    # One row that is not UTF-8 must not hide the others; what it becomes is not valid JSON of ours,
    # see store.py.
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    # The lock of EXCLUSIVE is released by the next reader.
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def journal_of(file: str) -> Path:
    """Where SQLite keeps the journal of a database."""
    return Path(f"{os.path.realpath(file)}-journal")
