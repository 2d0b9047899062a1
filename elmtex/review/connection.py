"""Opens the database of reviews."""

from __future__ import annotations

import os
from typing import Any

from elmtex.review import sqlite
from elmtex.review.faults import DAMAGED, fault_of
from elmtex.review.tables import METADATA, sa
from elmtex.settings import DATABASE
from elmtex.types import InputError

MEMORY = "sqlite://"  # gone with the process


def connect(url: str) -> tuple[Any, str | None]:
    """The SQLAlchemy engine of a database, and its file if it is SQLite's.

    Raises:
        InputError: the database cannot be opened, or its file is another user's.
    """
    options: dict[str, Any] = {"hide_parameters": True}  # parameters are patients' words
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": sqlite.PATIENCE}
    if url == MEMORY:
        options |= {"poolclass": sa.pool.StaticPool, "connect_args": {"check_same_thread": False}}
    try:
        engine = sa.create_engine(url, **options)
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", sqlite.set_up, insert=True)
        METADATA.create_all(engine)
    except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
        if isinstance(error, sa.exc.DBAPIError) and str(fault_of(error)) == DAMAGED:
            raise InputError(DAMAGED) from None
        # The URL may hold a password.
        raise InputError(
            f"the database of reviews cannot be opened ({type(error).__name__}): check {DATABASE}"
        ) from None
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if file in (None, "", ":memory:"):
        return engine, None
    try:
        os.chmod(file, 0o600)
    except OSError as error:
        raise InputError(
            f"the database of reviews must be your own file ({error.strerror}): check {DATABASE}"
        ) from None
    return engine, file
