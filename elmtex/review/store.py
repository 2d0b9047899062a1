"""Where reviews are kept: reports, what the model said, and every decision, append-only, in any SQLAlchemy database.

No row is ever changed. A report, its extraction and its decisions are inserted, each in a transaction of its own that
is on the disk before the page answers, and only :meth:`Store.delete` takes them out again, all at once. But an
extraction that failed gives way to the next one, while nobody has decided about it.
"""

from __future__ import annotations

import functools
import json
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import platformdirs

from elmtex.review.decisions import Decision, check
from elmtex.review.entry import Entry
from elmtex.review.tables import DECISIONS, EXTRACTIONS, METADATA, REPORTS, sa
from elmtex.schema import (
    Category,
    CategorySchema,
    Fhir,
    load_schema,
    packaged_schemas,
    parse_schema,
)
from elmtex.types import ElmtexError, Extraction, InputError

DATABASE = "ELMTEX_DATABASE"  # the environment variable that names another database
MEMORY = "sqlite://"  # gone with the process
ATTEMPTS = 20  # at a decision, when others decide about the same report at the same moment


def default_url() -> str:
    """The database of ``ELMTEX_DATABASE``, else a file in the user's data directory."""
    if url := os.environ.get(DATABASE):
        return url
    folder = Path(platformdirs.user_data_dir("elmtex", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{folder / 'reviews.sqlite'}"


class Store:
    """A database of reviews. Every method takes the owner and sees nothing of anybody else's.

    Args:
        url: any SQLAlchemy URL, e.g. ``sqlite:///reviews.sqlite`` or ``postgresql+psycopg://…``.

    Raises:
        InputError: the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        options: dict[str, Any] = {"hide_parameters": True}  # parameters are patients' words
        # All threads share the one connection to the memory, and so its one transaction: they take turns.
        self._turn: AbstractContextManager[Any] = (
            threading.RLock() if url == MEMORY else nullcontext()
        )
        if url == MEMORY:
            options |= {
                "poolclass": sa.pool.StaticPool,
                "connect_args": {"check_same_thread": False},
            }
        try:
            self._engine = sa.create_engine(url, **options)
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _careful)
            METADATA.create_all(self._engine)
        except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
            # The URL may hold a password.
            raise InputError(
                f"the database of reviews cannot be opened ({type(error).__name__}): check {DATABASE}"
            ) from None
        file = self._engine.url.database if self._engine.dialect.name == "sqlite" else None
        if file not in (None, "", ":memory:"):
            try:
                os.chmod(file, 0o600)
            except OSError as error:
                raise InputError(
                    f"the database of reviews must be your own file ({error.strerror}): check {DATABASE}"
                ) from None

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def add(
        self,
        owner: str,
        name: str,
        text: str,
        schema: CategorySchema,
        *,
        extraction: Extraction | None = None,
        batch: str = "",
        position: int = 0,
        problem: str = "",
        recognised: bool = False,
        note: str = "",
    ) -> str:
        """Store a report, with its extraction when there is one already; returns its id."""
        id, now = str(uuid.uuid4()), _now()
        content = _json(
            {
                "name": name,
                "text": text,
                "problem": problem,
                "recognised": recognised,
                "note": note,
            }
        )
        document = _json({"name": schema.name, "document": schema.document})
        with self._writing() as connection:
            connection.execute(
                REPORTS.insert().values(
                    id=id,
                    owner=owner,
                    batch=batch,
                    position=position,
                    created=now,
                    content=content,
                    schema=document,
                )
            )
            if extraction is not None:
                connection.execute(_extraction(id, extraction))
        return id

    def extracted(self, owner: str, id: str, extraction: Extraction) -> None:
        """Store what the model said about a report; the first answer that did not fail stands.

        Raises:
            InputError: the owner has no such report, perhaps no longer.
        """
        before = self.get(owner, id)
        try:
            with self._writing() as connection:
                if before.extraction is not None and before.to_try_again:
                    connection.execute(_failed(id, before.extraction))
                connection.execute(_extraction(id, extraction))
        except sa.exc.IntegrityError:
            self.get(owner, id)  # deleted meanwhile, or answered

    def get(self, owner: str, id: str) -> Entry:
        """A report and all that belongs to it. Raises :class:`InputError` when the owner has none of that id."""
        found = self._entries(REPORTS.c.owner == owner, REPORTS.c.id == id)
        if not found:
            raise InputError("this review is not there (any more)")
        return found[0]

    def entries(self, owner: str, *, batch: str | None = None) -> list[Entry]:
        """The owner's reports, in the order they came; of one batch ("" for those read alone), or of all (None)."""
        of_batch = [] if batch is None else [REPORTS.c.batch == batch]
        return self._entries(REPORTS.c.owner == owner, *of_batch)

    def decide(
        self, owner: str, id: str, reviewer: str, choose: Callable[[Entry], Decision]
    ) -> Entry:
        """Add a decision; when this returns, it is on the disk.

        Args:
            owner: whose report it is.
            id: the report.
            reviewer: the reviewer's name.
            choose: makes the decision from the entry as it stands; called again when somebody else was faster.

        Returns:
            The entry with the decision.

        Raises:
            InputError: no such report, or the decision does not fit it.
        """
        for _ in range(ATTEMPTS):
            entry = self.get(owner, id)
            decision = choose(entry)
            check(decision, entry.text, entry.reviewed, entry.schema)
            decision = replace(
                decision,
                number=entry.decisions[-1].number + 1 if entry.decisions else 1,
                reviewer=reviewer,
                at=_now(),
            )
            try:
                with self._writing() as connection:
                    connection.execute(
                        DECISIONS.insert().values(
                            report=id,
                            number=decision.number,
                            reviewer=reviewer,
                            at=decision.at,
                            decision=_json(decision.to_dict()),
                        )
                    )
            except sa.exc.IntegrityError:
                continue  # that number is taken, or the report is gone: look again
            return replace(entry, decisions=(*entry.decisions, decision))
        raise ElmtexError("too many people decide about this report at once; try again")

    def delete(self, owner: str, *ids: str) -> None:
        """Take reports out with their extractions and decisions; SQLite overwrites what they filled with zeros."""
        with self._writing() as connection:
            for id in ids:
                mine = sa.select(REPORTS.c.id).where(REPORTS.c.owner == owner, REPORTS.c.id == id)
                if connection.execute(mine).first() is None:
                    continue
                for table in (DECISIONS, EXTRACTIONS):
                    connection.execute(table.delete().where(table.c.report == id))
                connection.execute(REPORTS.delete().where(REPORTS.c.id == id))

    def _entries(self, *where: Any) -> list[Entry]:
        query = sa.select(REPORTS).where(*where)
        order = (REPORTS.c.created, REPORTS.c.position)
        mine = sa.select(REPORTS.c.id).where(*where)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(*order)).all()
            answers = sa.select(EXTRACTIONS).where(EXTRACTIONS.c.report.in_(mine))
            documents = {row.report: row.document for row in connection.execute(answers)}
            decided: dict[str, list[Decision]] = {}
            decisions = sa.select(DECISIONS).where(DECISIONS.c.report.in_(mine))
            for row in connection.execute(decisions.order_by(DECISIONS.c.number)):
                decided.setdefault(row.report, []).append(
                    Decision.from_dict(json.loads(row.decision), row.number, row.reviewer, row.at)
                )
        return [_entry(row, documents.get(row.id), decided.get(row.id, ())) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        with self._turn, _without_words(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with self._turn, _without_words(), self._engine.connect() as connection:
            yield connection


@contextmanager
def _without_words() -> Iterator[None]:
    """A database's message may quote what was to be stored: only the fault's name leaves."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except sa.exc.SQLAlchemyError as error:
        raise ElmtexError(
            f"the database of reviews did not answer ({type(error).__name__}); nothing was lost, try again"
        ) from None


def _careful(connection: Any, _: Any) -> None:
    """SQLite as it must be here.

    A committed click survives a power cut, deleted words are overwritten, nothing is written about a deleted report.
    """
    for pragma in (
        *("journal_mode=DELETE", "synchronous=FULL", "secure_delete=ON"),
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _entry(row: Any, document: str | None, decisions: Any) -> Entry:
    content = json.loads(row.content)
    return Entry(
        id=row.id,
        name=content["name"],
        batch=row.batch,
        text=content["text"],
        problem=content["problem"],
        schema=_schema(row.schema),
        created=row.created,
        extraction=Extraction.from_dict(json.loads(document)) if document else None,
        decisions=tuple(decisions),
        recognised=content.get("recognised", False),
        note=content.get("note", ""),
    )


@functools.lru_cache(maxsize=64)
def _schema(stored: str) -> CategorySchema:
    data = json.loads(stored)
    schema = parse_schema(json.dumps(data["document"]), data["name"])
    if schema.name in packaged_schemas():
        # An earlier version's did not say what its categories are in FHIR.
        packaged = load_schema(schema.name)
        if _names(packaged) == _names(schema):
            return packaged
    return schema


def _names(schema: CategorySchema) -> list[Category]:
    return [replace(category, fhir=Fhir(), terminologies=None) for category in schema.categories]


def _extraction(id: str, extraction: Extraction) -> Any:
    return EXTRACTIONS.insert().values(
        report=id, created=_now(), document=_json(extraction.to_dict())
    )


def _failed(id: str, extraction: Extraction) -> Any:
    """Takes this extraction out, unless another has taken its place, or somebody has decided about it, since."""
    decided = sa.exists().where(DECISIONS.c.report == id)
    same = EXTRACTIONS.c.document == _json(extraction.to_dict())
    return EXTRACTIONS.delete().where(EXTRACTIONS.c.report == id, same, ~decided)


def _json(data: Any) -> str:
    # ASCII: lone surrogates and null characters pass every database as escapes.
    return json.dumps(data, ensure_ascii=True, allow_nan=False)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")
