"""What a database's failures mean to the people who wait for it, in sentences that quote no report."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from elmtex.review.tables import sa
from elmtex.types import N_, ElmtexError

logger = logging.getLogger(__name__)  # never about a report

BUSY = N_("the database of reviews is busy; nothing was stored, try again")
FULL = N_(
    "there is no room left for the database of reviews; nothing was stored: make room, then try again"
)
CLOSED = N_("the database of reviews cannot be written; nothing was stored: check whose file it is")
DAMAGED = N_(
    "the database of reviews is damaged, and reviews may be lost: stop elmtex, keep a copy of the file, and restore it "
    "from a backup"
)
SILENT = N_(
    "the database of reviews did not answer: look whether your last step is there, then try again"
)
DAMAGED_RECORD = N_(
    "its record in the database is damaged; it is kept there as it is until it is deleted"
)

# What SQLite's messages say; they are fixed, and its error codes are known to Python 3.11 and newer
# only.
_MEANING = {
    "locked": BUSY,
    "malformed": DAMAGED,
    "not a database": DAMAGED,
    "is full": FULL,
    "readonly database": CLOSED,
}


class BusyError(ElmtexError):
    """The database is busy or was cut off: the same again may go well in a moment."""


@contextmanager
def without_words() -> Iterator[None]:
    """Turns a database's error, whose message may quote what was to be stored, into one of the
    sentences above."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except sa.exc.SQLAlchemyError as error:
        raise fault_of(error) from None


def fault_of(error: Exception) -> ElmtexError:
    """What a failure of the database means."""
    kind = type(getattr(error, "orig", None) or error).__name__
    logger.error("the database of reviews failed: %s", kind)
    said = str(getattr(error, "orig", ""))
    meaning = next((text for words, text in _MEANING.items() if words in said), SILENT)
    cut_off = getattr(error, "connection_invalidated", False) or kind in _TURNED_AWAY
    return BusyError(meaning) if meaning == BUSY or cut_off else ElmtexError(meaning)


# PostgreSQL's words (psycopg) for a transaction that another one was faster than.
_TURNED_AWAY = ("DeadlockDetected", "SerializationFailure")
