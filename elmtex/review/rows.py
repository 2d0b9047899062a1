"""Rows of the tables from objects, and back; a damaged one affects nothing else."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from elmtex.review.decisions import Decision
from elmtex.review.entry import Entry
from elmtex.review.faults import DAMAGED_RECORD
from elmtex.review.line import Line, line_of
from elmtex.review.tables import DECISIONS, EXTRACTIONS, LINES, sa
from elmtex.schema import (
    Category,
    CategorySchema,
    Fhir,
    load_schema,
    packaged_schemas,
    parse_schema,
)
from elmtex.types import ElmtexError, Extraction

logger = logging.getLogger(__name__)  # never about a report

CONTENT = (
    "name",
    "text",
    "problem",
    "recognised",
    "note",
    "source",
)  # of an entry, stored as one JSON


def in_order(rows: Sequence[Any]) -> list[Any]:
    """Rows in insertion order; sorting in the database would write report text to temporary files."""
    return sorted(rows, key=lambda row: (str(row["created"]), str(row["position"]).zfill(9)))


def write_line(connection: Any, line: Line) -> None:
    """Store the line in place of the one there was."""
    values = values_of(line)
    there = connection.execute(LINES.update().where(LINES.c.report == line.id).values(**values))
    if not there.rowcount:
        connection.execute(LINES.insert().values(report=line.id, **values))


def entry_of(row: Any, document: Any, decisions: Sequence[Any]) -> Entry:
    """The entry of its rows; where one of them is damaged, an entry that says so."""
    schema, name = read_schema(row["schema"]), row["id"][:8]
    try:
        content = json.loads(_ascii(row["content"]))
        name = str(content["name"])
        if decisions and document is None:
            raise ValueError("decisions without what they are about")
        entry = Entry(
            id=row["id"],
            batch=row["batch"],
            schema=schema or load_schema("elmtex"),
            created=row["created"],
            extraction=Extraction.from_dict(json.loads(_ascii(document)))
            if document is not None
            else None,
            decisions=tuple(
                Decision.from_dict(json.loads(_ascii(d.decision)), d.number, d.reviewer, d.at)
                for d in sorted(decisions, key=lambda d: d.number)
            ),
            **{"recognised": False, "note": "", "source": {}, **content},
        )
        line_of(entry)  # which needs all of it
        if schema is not None:
            return entry
    # The readers above raise all kinds of errors on a damaged record; they may quote it.
    except Exception as error:
        logger.error("a review's record is damaged: %s", type(error).__name__)
    return Entry(
        id=row["id"],
        name=name,
        batch=row["batch"],
        text="",
        problem=DAMAGED_RECORD,
        note="record",
        schema=schema or load_schema("elmtex"),
        created=str(row["created"]),
        extraction=None,
        decisions=(),
    )


def read_schema(stored: Any) -> CategorySchema | None:
    """The schema of a row; None where that is damaged."""
    try:
        return _schema(_ascii(stored))
    except (ValueError, TypeError, KeyError, ElmtexError):
        return None


def _ascii(stored: Any) -> str:
    """The JSON that was written, which is ASCII. Raises ValueError where it no longer is."""
    if not isinstance(stored, str) or not stored.isascii():
        raise ValueError("a record is damaged")
    return stored


@functools.lru_cache(maxsize=64)
def _schema(stored: str) -> CategorySchema:
    data = json.loads(stored)
    schema = parse_schema(json.dumps(data["document"]), data["name"])
    if schema.name in packaged_schemas():
        # An earlier version's did not say what all of it is in FHIR, nor how all attributes are read.
        packaged = load_schema(schema.name)
        if _names(packaged) == _names(schema):
            return packaged
    return schema


def _names(schema: CategorySchema) -> list[Category]:
    def named(category: Category) -> Category:
        types = tuple(replace(t, normaliser=None, fhir=None) for t in category.attributes)
        return replace(category, fhir=Fhir(), terminologies=None, attributes=types)

    return [named(category) for category in schema.categories]


def extraction_row(id: str, extraction: Extraction) -> Any:
    return EXTRACTIONS.insert().values(
        report=id, created=now(), document=to_json(extraction.to_dict())
    )


def failed_row(id: str, extraction: Extraction) -> Any:
    """Deletes this extraction, unless it was replaced or someone has decided about it since."""
    decided = sa.exists().where(DECISIONS.c.report == id)
    same = EXTRACTIONS.c.document == to_json(extraction.to_dict())
    return EXTRACTIONS.delete().where(EXTRACTIONS.c.report == id, same, ~decided)


def to_json(data: Any) -> str:
    # ASCII: lone surrogates and null characters pass every database as escapes.
    return json.dumps(data, ensure_ascii=True, allow_nan=False)


# Fields with their own column in the table; the rest of a line is stored as JSON.
COLUMNS = ("touched", "status", "items", "open", "finished", "decisions", "schema", "digest")


def values_of(line: Line) -> dict[str, Any]:
    """The line as values of the table's row."""
    names = [n for n in Line.__slots__ if n not in (*COLUMNS, "id", "batch")]
    rest = json.dumps({name: getattr(line, name) for name in names}, ensure_ascii=True)
    return {name: getattr(line, name) for name in COLUMNS} | {"rest": rest}


def line_from(id: str, batch: str, row: Mapping[str, Any]) -> Line:
    """The line of a table's row. Raises ValueError, TypeError or KeyError where the row is damaged."""
    rest = json.loads(row["rest"])
    for name in ("problems", "categories"):
        rest[name] = tuple(rest[name])
    for name in ("progress", "reviewers"):  # an earlier version's line has none and is made again
        rest[name] = tuple(map(tuple, rest[name]))
    return Line(id, batch, **rest, **{name: row[name] for name in COLUMNS})


def now() -> str:
    """The current time, ISO 8601 in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")
