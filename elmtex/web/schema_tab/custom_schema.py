"""Custom schemas: checked, shown, and as text to begin from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from markupsafe import Markup

from elmtex.schema import CategorySchema, parse_schema
from elmtex.types import SchemaError
from elmtex.web.locale.messages import Words
from elmtex.web.render import looks, message_html
from elmtex.web.templating import template

_SCHEMA = template("schema.html")

MAX_SCHEMA = 200_000  # characters


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
    document: dict[str, Any] = {"title": schema.title}
    if "x-attributes" in schema.document:  # the types that its categories name
        document["x-attributes"] = schema.document["x-attributes"]
    return json.dumps({**document, "properties": properties}, ensure_ascii=False, indent=2)


def check_html(text: str | None, words: Words) -> Markup:
    """What the schema amounts to, or what is wrong with it; rendered at every key stroke."""
    try:
        schema = checked(text)
    except SchemaError as error:
        return message_html(f"{words.schema.bad} {words.review.refused(error)}")
    said = words.schema.good.format(count=len(schema.categories))
    return message_html(said, "good") + _SCHEMA.legend(schema.categories, looks(schema), words)


def types_html(schema: CategorySchema, words: Words) -> Markup:
    """The attribute types that the schema names, each with the categories that list it."""
    rows = [
        (
            spec.get("x-title", {}).get(words.lang, spec["title"]),
            key,
            [
                category.title_in(words.lang)
                for category in schema.categories
                if key in {t.key for t in category.attributes}
            ],
        )
        for key, spec in schema.document.get("x-attributes", {}).items()
    ]
    return message_html(words.schema.types_hint, "plain") + _SCHEMA.types(rows, words)


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
        return message_html(words.schema.usual.format(title=standard.title), "plain")
    return message_html(words.schema.used.format(title=own.title), "good")
