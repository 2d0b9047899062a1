"""Gold as JSON Lines: one :class:`Record` per line, UTF-8. Prepared corpora and reviews that the
page exports have this form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from elmtex.storage import writing
from elmtex.types import ASSERTIONS, InputError, Record

_KEYS = ("id", "source", "text", "labelled", "items")


def load(path: Path) -> Iterator[Record]:
    """Reads the records of a JSONL file; blank lines are skipped.

    Raises:
        InputError: the file cannot be read, or a line is not a record; names the file and line,
            never quotes it.
    """
    try:
        # Only "\n" ends a line: a report may hold U+2028 or "\x85", which splitlines() would cut
        # at.
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _record(line, f"{path}:{number}")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read {path}: {error.__class__.__name__}; expected UTF-8 JSONL"
        ) from None


def write(path: Path, records: Iterable[Record]) -> int:
    """Writes records as JSONL, whole or not at all, and returns how many there were."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    # What UTF-8 cannot hold (a lone surrogate) is written as JSON's own escape.
    with writing(path, errors="backslashreplace") as file:
        for record in records:
            file.write(json.dumps(record.to_dict(), ensure_ascii=False) + "\n")
            count += 1
    return count


def _record(line: str, where: str) -> Record:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON (column {error.colno}); one record per line") from None
    if problem := _problem(data):
        raise InputError(f"{where}: {problem}")
    try:
        return Record.from_dict(data)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _problem(data: Any) -> str | None:
    """What makes the row unusable, in words for the user; None when it is sound."""
    if not isinstance(data, dict):
        return "expected an object"
    if missing := [key for key in _KEYS if key not in data]:
        return f"lacks {', '.join(missing)}; a record has {', '.join(_KEYS)}"
    if not all(isinstance(data[key], str) for key in ("id", "source", "text")):
        return "id, source and text must be strings"
    if not all(isinstance(data.get(key) or "", str) for key in ("lang", "split", "schema")):
        return "lang, split and schema must be strings"
    if not isinstance(data["labelled"], list) or not isinstance(data["items"], dict):
        return "labelled must be a list of categories, items an object of lists"
    if not all(isinstance(key, str) for key in data["labelled"]):
        return "labelled must name categories"
    types = data.get("attributes", [])
    if not isinstance(types, list) or not all(isinstance(key, str) for key in types):
        return "attributes must list the types that are labelled completely"
    if unknown := sorted(set(data["items"]) - set(data["labelled"])):
        return f"items of {', '.join(unknown)}, which labelled does not name: add or remove them"
    for category, rows in data["items"].items():
        if not isinstance(rows, list) or not all(_is_item(row) for row in rows):
            return (
                f"an item of {category!r} is unusable: it needs integers start and end, or a text, and an "
                f"assertion among {', '.join(ASSERTIONS)}; an attribute of it needs a type and a span or a text"
            )
    return None


def _is_item(row: Any) -> bool:
    if not isinstance(row, dict) or row.get("assertion", "present") not in ASSERTIONS:
        return False
    attributes = row.get("attributes", [])
    return (
        _has_place(row)
        and isinstance(attributes, list)
        and all(
            isinstance(a, dict) and isinstance(a.get("type"), str) and _has_place(a)
            for a in attributes
        )
    )


def _has_place(row: dict[str, Any]) -> bool:
    """Whether an item or attribute has a span, or a text without one."""
    offsets = row.get("start"), row.get("end")
    if offsets == (None, None):
        return isinstance(row.get("text"), str)
    return all(type(offset) is int for offset in offsets)
