"""Custom schemas: checked, read, and as text to begin from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from markupsafe import Markup

from elmtex.schema import (
    CategorySchema,
    load_schema,
    packaged_schemas,
    parse_schema,
    schema_templates,
)
from elmtex.types import SchemaError
from elmtex.web.locale.messages import Words
from elmtex.web.render import message_html

MAX_SCHEMA = 200_000  # characters
EMPTY = '{\n  "title": "",\n  "properties": {}\n}'


def checked(text: str | None) -> CategorySchema:
    """The schema somebody wrote: its names and descriptions, each item as elmtex writes it.

    Raises:
        SchemaError: says what is wrong and where.
    """
    if not text or len(text) > MAX_SCHEMA:
        raise SchemaError("a schema has 1 to {most} characters", most=MAX_SCHEMA)
    return parse_schema(text, "own", names_only=True)


def source_of(schema: CategorySchema) -> str:
    """A schema as text to begin from: what a user would write, without the items that elmtex fills in."""
    properties = {
        key: {name: value for name, value in spec.items() if name not in ("items", "type")}
        for key, spec in schema.document["properties"].items()
    }
    document: dict[str, Any] = {
        name: schema.document[name]
        for name in ("title", "x-title", "description", "x-attributes")
        if name in schema.document
    }
    return json.dumps({**document, "properties": properties}, ensure_ascii=False, indent=2)


def beginnings(words: Words) -> list[tuple[str, str]]:
    """Title and name of each schema that one may begin from: the packaged ones, the templates, an empty one."""
    schemas = [(title_in(load_schema(path), words.lang), name) for name, path in _files().items()]
    return [*schemas, (words.schema.empty, "")]


def beginning(name: str) -> str:
    """The text of a schema to begin from, as it stands in its file; of "" and any other name, an empty schema."""
    file = _files().get(name)
    return EMPTY if file is None else file.read_text("utf-8")


def title_in(schema: CategorySchema, lang: str) -> str:
    """A schema's title in a language, else the English one."""
    return str(schema.document.get("x-title", {}).get(lang, schema.title))


def _files() -> dict[str, Path]:
    return packaged_schemas() | schema_templates()


def read(path: str) -> str:
    """The text of a schema file that was dropped, which is then deleted; a file that is no text is shown as ""."""
    file = Path(path)
    try:
        with file.open("rb") as data:
            return data.read(MAX_SCHEMA * 4).decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    finally:
        file.unlink(missing_ok=True)


def in_use_html(own: CategorySchema | None, standard: CategorySchema, words: Words) -> Markup:
    """Which schema reports are read with."""
    if own is None:
        return message_html(
            words.schema.usual.format(title=title_in(standard, words.lang)), "plain"
        )
    return message_html(words.schema.used.format(title=title_in(own, words.lang)), "good")
