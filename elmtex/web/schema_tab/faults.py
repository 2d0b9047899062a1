"""What is wrong with a schema, each fault with the place of its field in the form."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema

from elmtex.schema.categories import pointer
from elmtex.schema.checks import FAULTS, refusal
from elmtex.schema.shape import SHAPE
from elmtex.types import SchemaError
from elmtex.web.locale.messages import Words
from elmtex.web.schema_tab.custom_schema import MAX_SCHEMA, checked

_PLACE = re.compile(r"^(?:schema: )?(?:(?P<at>/\S*): )?")  # how an error of elmtex.schema begins
_LISTS = ("properties", "x-attributes")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Args:
        at: JSON pointer (RFC 6901) to what is wrong or missing; "" where the text is no JSON or too long, so that no form
            can show it.
        of: what the place is called, in the page's language; "" for the schema itself.
        said: what is wrong, in the page's language.
    """

    at: str
    of: str
    said: str


def faults_of(text: str | None, words: Words) -> tuple[Fault, ...]:
    """Everything that is wrong with a schema; () when it can be used."""
    try:
        checked(text)
        return ()
    except SchemaError as error:
        refused = error
    document = _document(text)
    if document is None:
        return (Fault("", "", _without_place(refused, words)),)
    # What fails twice at one place is said once.
    found = {fault.at: fault for fault in reversed([*_of_shape(document, words)])}
    if found:
        return tuple(reversed(found.values()))
    return (_fault(_path_of(refused), _without_place(refused, words), document, words),)


def _document(text: str | None) -> Any:
    """The text as a JSON object in which no name appears twice; None when it is none."""
    try:
        if not text or len(text) > MAX_SCHEMA:
            return None
        document = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name appears twice")
    return dict(pairs)


def _of_shape(document: Any, words: Words) -> Iterator[Fault]:
    """The faults of fields, in words that say what a field must hold."""
    errors = jsonschema.Draft202012Validator(SHAPE).iter_errors(document)
    for error in itertools.islice(errors, FAULTS):
        path = [*error.absolute_path]
        if "propertyNames" in error.absolute_schema_path:
            yield _fault([*path, error.instance], words.schema.faults["key"], document, words)
            continue
        if error.validator == "required":
            path.append(str(error.message).split("'")[1])
        said = _wanted(path, words) or _without_place(refusal(error, "schema"), words)
        yield _fault(path, said, document, words)


def _wanted(path: Sequence[str | int], words: Words) -> str | None:
    """What the field at a path must hold; None where the form has no such field."""
    in_a_card = len(path) > 1 and path[0] in _LISTS
    within = path[2:] if in_a_card else path
    if not within or (in_a_card and within[-1] in _LISTS):
        return None
    return words.schema.faults.get("title" if within[0] == "x-title" else str(within[-1]))


def _without_place(error: SchemaError, words: Words) -> str:
    return _PLACE.sub("", words.review.refused(error), count=1)


def _path_of(error: SchemaError) -> list[str]:
    """Where a fault stands that the shape does not show: two labels that are the same, a type that is not there."""
    at = _PLACE.match(str(error))
    parts = ((at and at["at"]) or "").split("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in parts if part]


def _fault(path: Sequence[str | int], said: str, document: Any, words: Words) -> Fault:
    return Fault(pointer(path), _called(path, document, words), said)


def _called(path: Sequence[str | int], document: Any, words: Words) -> str:
    """The title of the category or attribute type that the fault is in; its name where it has no title."""
    if len(path) < 2 or path[0] not in _LISTS:
        return ""
    parts = document.get(path[0])
    spec = parts.get(path[1]) if isinstance(parts, dict) else None
    title = spec.get("title") if isinstance(spec, dict) else None
    return title if isinstance(title, str) and title.strip() else str(path[1])
