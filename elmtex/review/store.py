"""Where reviews are kept: reports, what the model said, and every decision, append-only, in any
SQLAlchemy database.

No row is ever changed. A report, its extraction and its decisions are inserted, each in a
transaction of its own that is on the disk before the page answers, and only :meth:`Store.delete`
removes them again, all at once. But an extraction that failed is replaced by the next one, while
nobody has decided about it. Beside each report is the line that lists show of it, written in the
same transactions.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from elmtex.erase import overwrite
from elmtex.review import sqlite
from elmtex.review.checks import check
from elmtex.review.connection import MEMORY, connect
from elmtex.review.decisions import Decision
from elmtex.review.entry import Entry
from elmtex.review.faults import without_words
from elmtex.review.line import Line, line_of
from elmtex.review.rows import (
    CONTENT,
    entry_of,
    extraction_row,
    failed_row,
    in_order,
    line_from,
    now,
    read_schema,
    to_json,
    write_line,
)
from elmtex.review.tables import DECISIONS, EXTRACTIONS, LINES, REPORTS, sa
from elmtex.schema import CategorySchema
from elmtex.types import ElmtexError, Extraction, InputError

__all__ = ["MEMORY", "Store"]

logger = logging.getLogger(__name__)  # never about a report

ATTEMPTS = 20  # for a decision, when others decide about the same report at the same moment


class Store:
    """A database of reviews. Every method takes the owner and sees only that owner's reports.

    Args:
        url: any SQLAlchemy URL, e.g. ``sqlite:///reviews.sqlite`` or ``postgresql+psycopg://…``.

    Raises:
        InputError: the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        # All threads share the one connection to the memory, and so its one transaction: they take
        # turns.
        self._turn: AbstractContextManager[Any] = (
            threading.RLock() if url == MEMORY else nullcontext()
        )
        self._engine, self._file = connect(url)
        if self._file is not None:
            self._overwrite_journal()  # a kill may have come between a deletion and this
            self._look_over()

    def close(self) -> None:
        """Close the connections."""
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
        source: Mapping[str, str] | None = None,
    ) -> str:
        """Store a report, with its extraction when there is one already; returns its id."""
        entry = Entry(
            id=str(uuid.uuid4()),
            name=name,
            batch=batch,
            text=text,
            problem=problem,
            schema=schema,
            created=now(),
            extraction=extraction,
            decisions=(),
            recognised=recognised,
            note=note,
            source=dict(source or {}),
        )
        content = {key: getattr(entry, key) for key in CONTENT}
        with self._writing() as connection:
            connection.execute(
                REPORTS.insert().values(
                    id=entry.id,
                    owner=owner,
                    batch=batch,
                    position=position,
                    created=entry.created,
                    content=to_json(content),
                    schema=to_json({"name": schema.name, "document": schema.document}),
                )
            )
            if extraction is not None:
                connection.execute(extraction_row(entry.id, extraction))
            write_line(connection, line_of(entry))
        return entry.id

    def extracted(self, owner: str, id: str, extraction: Extraction) -> None:
        """Store what the model said about a report; the first answer that did not fail is kept.

        Raises:
            InputError: the owner has no such report, perhaps no longer.
        """
        before = self.get(owner, id)
        try:
            with self._writing() as connection:
                if before.extraction is not None and before.to_try_again:
                    connection.execute(failed_row(id, before.extraction))
                connection.execute(extraction_row(id, extraction))
                write_line(connection, line_of(replace(before, extraction=extraction)))
        except sa.exc.IntegrityError:
            self.get(owner, id)  # deleted meanwhile, or answered

    def get(self, owner: str, id: str) -> Entry:
        """A report and all that belongs to it; one whose record is damaged has a ``problem`` and
        nothing else.

        Raises:
            InputError: the owner has none of that id.
        """
        found = self._entries(REPORTS.c.owner == owner, REPORTS.c.id == id)
        if not found:
            raise InputError("this review is not there (any more)")
        return found[0]

    def entries(self, owner: str, *, batch: str | None = None) -> list[Entry]:
        """The owner's reports, in the order they came; of one batch ("" for those read alone), or
        of all (None)."""
        of_batch = [] if batch is None else [REPORTS.c.batch == batch]
        return self._entries(REPORTS.c.owner == owner, *of_batch)

    def lines(self, owner: str, *, batch: str | None = None) -> list[Line]:
        """What lists show of the reports that :meth:`entries` would load, without loading them."""
        where = [REPORTS.c.owner == owner]
        if batch is not None:
            where.append(REPORTS.c.batch == batch)
        keys = (REPORTS.c.id, REPORTS.c.batch, REPORTS.c.created, REPORTS.c.position)
        shown = [column for column in LINES.c if column.name != "report"]
        query = sa.select(*keys, *shown).outerjoin(LINES, LINES.c.report == REPORTS.c.id)
        with self._reading() as connection:
            rows = in_order(connection.execute(query.where(*where)).mappings().all())
        lines = []
        for row in rows:
            try:
                lines.append(line_from(row["id"], row["batch"], row))
            except (ValueError, TypeError, KeyError):
                lines.extend(self._line_again(owner, row["id"]))
        return lines

    def schemas(self, owner: str) -> list[CategorySchema]:
        """The schemas that the owner's reports have, each once."""
        one_each = (
            sa.select(sa.func.min(LINES.c.report))
            .join(REPORTS, REPORTS.c.id == LINES.c.report)
            .where(REPORTS.c.owner == owner)
            .group_by(LINES.c.schema)
        )
        query = sa.select(REPORTS.c.schema).where(REPORTS.c.id.in_(one_each))
        with self._reading() as connection:
            stored = list(connection.execute(query).scalars())
        return [schema for one in stored if (schema := read_schema(one)) is not None]

    def decide(
        self, owner: str, id: str, reviewer: str, choose: Callable[[Entry], Decision]
    ) -> Entry:
        """Add a decision; when this returns, it is on the disk.

        Args:
            owner: whose report it is.
            id: the report.
            reviewer: the reviewer's name.
            choose: makes the decision from the current entry; called again when another user was
                faster.

        Returns:
            The entry with the decision.

        Raises:
            InputError: no such report, or the decision does not fit it.
        """
        for _ in range(ATTEMPTS):
            entry = self.get(owner, id)
            decision = replace(
                choose(entry),
                number=entry.decisions[-1].number + 1 if entry.decisions else 1,
                reviewer=reviewer,
                at=now(),
            )
            check(decision, entry.text, entry.reviewed, entry.schema)
            after = replace(entry, decisions=(*entry.decisions, decision))
            try:
                with self._writing() as connection:
                    connection.execute(
                        DECISIONS.insert().values(
                            report=id,
                            number=decision.number,
                            reviewer=reviewer,
                            at=decision.at,
                            decision=to_json(decision.to_dict()),
                        )
                    )
                    write_line(connection, line_of(after))
            except sa.exc.IntegrityError:
                continue  # that number is taken, or the report is gone: look again
            return after
        raise ElmtexError("too many people decide about this report at once; try again")

    def delete(self, owner: str, *ids: str) -> None:
        """Delete reports with all that belongs to them; SQLite overwrites what they filled with
        zeros."""
        with self._writing() as connection:
            for id in ids:
                mine = sa.select(REPORTS.c.id).where(REPORTS.c.owner == owner, REPORTS.c.id == id)
                if connection.execute(mine).first() is None:
                    continue
                for table in (LINES, DECISIONS, EXTRACTIONS):
                    connection.execute(table.delete().where(table.c.report == id))
                connection.execute(REPORTS.delete().where(REPORTS.c.id == id))
        if self._file is not None:
            self._overwrite_journal()

    def _overwrite_journal(self) -> None:
        """Overwrite the pages as they were before the last changes. Where that fails, the next
        deletion does it."""
        assert self._file is not None
        try:
            with without_words(), self._engine.connect() as connection:
                # Nobody writes meanwhile, in no process, so nobody needs the journal.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    overwrite(sqlite.journal_of(self._file))
                finally:
                    connection.rollback()
        except (ElmtexError, OSError) as error:
            logger.warning(
                "the journal of the reviews could not be overwritten: %s", type(error).__name__
            )

    def _look_over(self) -> None:
        """Find records that are damaged, for lists do not read them."""
        damaged = [
            sa.select(column).where(sa.func.json_valid(data) == 0)
            for column, data in (
                (REPORTS.c.id, REPORTS.c.content),
                (REPORTS.c.id, REPORTS.c.schema),
                (EXTRACTIONS.c.report, EXTRACTIONS.c.document),
                (DECISIONS.c.report, DECISIONS.c.decision),
            )
        ]
        try:
            with self._reading() as connection:
                ids = list(connection.execute(sa.union(*damaged)).scalars())
            self._entries(REPORTS.c.id.in_(ids))
        except ElmtexError as error:
            logger.error("%s", error)  # who opens a damaged record sees a message then

    def _line_again(self, owner: str, id: str) -> list[Line]:
        """The line of a report that has none, or a damaged one; [] when the report has been deleted
        meanwhile."""
        lines = [line_of(e) for e in self._entries(REPORTS.c.owner == owner, REPORTS.c.id == id)]
        self._write_lines(lines)
        return lines

    def _write_lines(self, lines: list[Line]) -> None:
        try:
            with self._writing() as connection:
                for line in lines:
                    write_line(connection, line)
        except (ElmtexError, sa.exc.IntegrityError):
            logger.warning("what lists show of a review could not be stored")  # it is made again

    def _entries(self, *where: Any) -> list[Entry]:
        mine = sa.select(REPORTS.c.id).where(*where)
        with self._reading() as connection:
            rows = in_order(connection.execute(sa.select(REPORTS).where(*where)).mappings().all())
            answers = sa.select(EXTRACTIONS).where(EXTRACTIONS.c.report.in_(mine))
            documents = {row.report: row.document for row in connection.execute(answers)}
            decided: dict[str, list[Any]] = {}
            for row in connection.execute(sa.select(DECISIONS).where(DECISIONS.c.report.in_(mine))):
                decided.setdefault(row.report, []).append(row)
        entries = [
            entry_of(row, documents.get(row["id"]), decided.get(row["id"], ())) for row in rows
        ]
        if damaged := [line_of(entry) for entry in entries if entry.note == "record"]:
            self._write_lines(damaged)  # from now on lists say so, too
        return entries

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        with self._turn, without_words(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with self._turn, without_words(), self._engine.connect() as connection:
            yield connection
