"""The attribute types of a schema somebody writes: listed, added, renamed, removed. The schema's text is all there is."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elmtex.schema import CategorySchema
from elmtex.types import SchemaError
from elmtex.web.schema_tab.custom_schema import checked

NEW = ""  # what is chosen to add a type
LONGEST = 64  # characters of a key


@dataclass(frozen=True, slots=True)
class TypeForm:
    """An attribute type as the form has it.

    Args:
        key: its name in the document; "" is made from the title.
        title: in the page's language.
        categories: keys of the categories whose items have it.
    """

    key: str = ""
    title: str = ""
    categories: tuple[str, ...] = ()


def form_of(schema: CategorySchema, key: str, lang: str) -> TypeForm:
    """What the form begins with; an empty one for :data:`NEW`, and for a type that is gone."""
    spec = schema.document.get("x-attributes", {}).get(key)
    if spec is None:
        return TypeForm()
    title = spec.get("x-title", {}).get(lang, spec["title"])
    having = (c.key for c in schema.categories if key in {t.key for t in c.attributes})
    return TypeForm(key, title, tuple(having))


def titles_of(schema: CategorySchema, lang: str) -> list[tuple[str, str]]:
    """Title and key of each type that the schema names, in its order, those that no category lists included."""
    types = schema.document.get("x-attributes", {})
    return [(form_of(schema, key, lang).title, key) for key in types]


def with_type(text: str, old: str, form: TypeForm, lang: str) -> str:
    """The schema with one type as the form has it.

    Args:
        text: the schema; what is not about the type stays as it is.
        old: the type's key so far; :data:`NEW` adds one.
        form: the type. A new key is renamed in every category. The title is the one in ``lang``; the first one that a
            type gets is the English one, too, for every type has that.
        lang: the page's language.

    Raises:
        SchemaError: the text is no usable schema, or would be none; names the path.
    """
    document = _document(text)
    types: dict[str, Any] = document.get("x-attributes", {})
    key = form.key.strip() or _key_of(form.title)
    if key != old and key in types:
        raise SchemaError(
            "/x-attributes/{key}: there is a type of this name; choose it to change it", key=key
        )
    spec = dict(types.get(old, {}))
    title = form.title.strip()
    if lang == "en" or old not in types:
        spec["title"] = title
    else:
        spec["x-title"] = spec.get("x-title", {}) | {lang: title}
    if old in types:
        types = {key if name == old else name: s for name, s in types.items()} | {key: spec}
    else:
        types = types | {key: spec}
    return _written(document, types, old, key, form.categories)


def without_type(text: str, key: str) -> str:
    """The schema without a type, in no category either. Raises :class:`SchemaError` as :func:`with_type`."""
    document = _document(text)
    types = {k: spec for k, spec in document.get("x-attributes", {}).items() if k != key}
    return _written(document, types, key, "", ())


def _document(text: str) -> dict[str, Any]:
    checked(text)
    document: dict[str, Any] = json.loads(text)
    return document


def _written(
    document: dict[str, Any], types: dict[str, Any], old: str, key: str, having: Sequence[str]
) -> str:
    """The text with these types; ``old`` is ``key`` from now on, in the categories ``having`` alone."""
    document = {name: value for name, value in document.items() if name != "x-attributes"}
    properties = document.pop("properties")
    for category, spec in properties.items():
        listed = [key if name == old else name for name in spec.get("x-attributes", ())]
        if category not in having:
            listed = [name for name in listed if name != key]
        elif key not in listed:
            listed.append(key)
        spec.pop("x-attributes", None)
        if listed:
            spec["x-attributes"] = listed
    if types:
        document["x-attributes"] = types
    text = json.dumps({**document, "properties": properties}, ensure_ascii=False, indent=2)
    checked(text)
    return text


def _key_of(title: str) -> str:
    """A key made of a title: "Körperstelle" is ``korperstelle``."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return (key if key[:1].isalpha() else f"type_{key}".rstrip("_"))[:LONGEST]
