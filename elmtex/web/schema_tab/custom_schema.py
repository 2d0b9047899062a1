"""The tab of one's own categories."""

from __future__ import annotations

import json
from pathlib import Path

from elmtex.schema import CategorySchema, parse_schema
from elmtex.types import SchemaError
from elmtex.web.locale.messages import Words
from elmtex.web.render import escape, looks, message_html

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
    document = {"title": schema.title, "properties": properties}
    if types := schema.document.get("x-attributes"):
        document["x-attributes"] = types
    return json.dumps(document, ensure_ascii=False, indent=2)


def check_html(text: str | None, words: Words) -> str:
    """What the schema amounts to, or what is wrong with it; drawn at every key stroke."""
    try:
        schema = checked(text)
    except SchemaError as error:
        return message_html(f"{words.schema.bad} {words.review.refused(error)}")
    look = looks(schema)
    names = "".join(
        f'<li><span class="ev swatch {look[c.key]}" title="{escape(c.description)}">'
        f"{escape(c.title_in(words.lang))}</span></li>"
        for c in schema.categories
    )
    said = words.schema.good.format(count=len(schema.categories))
    return f'{message_html(said, "good")}<ul class="legend">{names}</ul>'


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


def in_use_html(own: CategorySchema | None, standard: CategorySchema, words: Words) -> str:
    """Which schema reports are read with."""
    if own is None:
        return message_html(words.schema.usual.format(title=standard.title), "plain")
    return message_html(words.schema.used.format(title=own.title), "good")
