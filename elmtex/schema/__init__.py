"""Category schemas: which categories an extraction has, what each means, and the check of a
document.

A category schema is a JSON Schema (2020-12) of one object. Each property is a category: an array of
items with a ``title`` and a ``description``; ``x-label`` is the short word the model writes for it,
``x-title`` holds titles in other languages. ``x-fhir`` says what its items become in FHIR
(:class:`Fhir`), ``x-terminologies`` which terminologies they are coded in. ``items`` may be left
out: elmtex's own (:data:`ITEM`) is then filled in.

``x-attributes`` of the schema names the types of what may belong to an item (a drug's dose, a
value's test), each with a ``title`` and, if you like, ``x-title``, ``x-label``, ``description`` and
``x-value``, which says how its words are read as data (:data:`elmtex.values.NORMALISERS`), and
``x-fhir``, the element they become in FHIR (:data:`ELEMENTS`);
``x-attributes`` of a category lists those that its items may have, in the order in which they are
written. ``x-only`` of a category drops items whose words cannot be what it names
(:data:`elmtex.values.ONLY`).
"""

from __future__ import annotations

import functools
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elmtex.schema.categories import AttributeType, Category, CategorySchema, Fhir
from elmtex.schema.checks import (
    check_attribute_labels,
    check_items,
    check_labels,
    check_names,
    check_schema,
    check_shape,
    same_labels,
    too_deep,
)
from elmtex.schema.shape import (
    ELEMENTS,
    ITEM,
    MAX_CATEGORIES,
    MAX_LABEL,
    RESOURCES,
    TERMINOLOGIES,
)
from elmtex.types import SchemaError

__all__ = [
    "ELEMENTS",
    "ITEM",
    "MAX_CATEGORIES",
    "MAX_LABEL",
    "RESOURCES",
    "TERMINOLOGIES",
    "AttributeType",
    "Category",
    "CategorySchema",
    "Fhir",
    "is_of_template",
    "is_own",
    "label_from_title",
    "load_schema",
    "own_categories",
    "packaged_schemas",
    "parse_schema",
    "renamed",
    "same_labels",
    "schema_templates",
]

NAMES = (
    *("title", "x-title", "x-label", "description"),
    *("x-fhir", "x-terminologies", "x-attributes", "x-value", "x-only"),
)


def packaged_schemas() -> dict[str, Path]:
    """The schemas that come with elmtex, by name: from the wheel, else from the source tree."""
    return {path.stem: path for path in sorted(_folder().glob("*.json"))}


def schema_templates() -> dict[str, Path]:
    """Schemas to begin one's own from, by name. They are not among :func:`packaged_schemas`: to use one, copy it."""
    return {path.stem: path for path in sorted((_folder() / "templates").glob("*.json"))}


def _folder() -> Path:
    here = Path(__file__).parent.parent
    return here / "schemas" if (here / "schemas").is_dir() else here.parent / "schemas"


def own_categories(schema: CategorySchema) -> tuple[str, ...]:
    """The categories under labels, and titles, of no packaged schema: what the packaged model knows least of.

    Examples:
        >>> own_categories(load_schema("medication"))
        ()
    """
    known = frozenset[str]().union(*_packaged_labels().values())
    return tuple(c.key for c in schema.categories if c.label.casefold() not in known)


def renamed(schema: CategorySchema) -> Category | None:
    """A category with the key of a packaged one under the label of another: ``pathology`` as "Diagnosis". What knows categories by
    their keys knows another one than is meant."""
    known = _packaged_labels()
    labels = frozenset[str]().union(*known.values())
    for category in schema.categories:
        label = category.label.casefold()
        if label in labels and label not in known.get(category.key, labels):
            return category
    return None


def is_own(schema: CategorySchema) -> bool:
    """Whether most categories of a schema are one's own."""
    return 2 * len(own_categories(schema)) > len(schema.categories)


def is_of_template(schema: CategorySchema) -> bool:
    """Whether all categories of a schema are those of one template, under its labels."""
    return any({(c.key, c.label) for c in schema.categories} <= known for known in _templates())


@functools.cache
def _templates() -> tuple[frozenset[tuple[str, str]], ...]:
    templates = [load_schema(path) for path in schema_templates().values()]
    return tuple(frozenset((c.key, c.label) for c in one.categories) for one in templates)


@functools.cache
def _packaged_labels() -> Mapping[str, frozenset[str]]:
    """By category, its labels and titles in the packaged schemas, in small letters."""
    packaged = [load_schema(path) for path in packaged_schemas().values()]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for category in (c for schema in packaged for c in schema.categories):
        found[category.key] |= {category.label.casefold(), category.title.casefold()}
    return {key: frozenset(labels) for key, labels in found.items()}


def load_schema(name_or_path: str | Path) -> CategorySchema:
    """Load a schema by the name of a packaged one (``elmtex``, ``medication``) or from a JSON file.

    Raises:
        SchemaError: no such schema, not JSON, or not a usable category schema (with the path inside
            the file).

    Examples:
        >>> load_schema("medication").keys
        ('drug',)
    """
    packaged = packaged_schemas()
    path = packaged.get(str(name_or_path), Path(name_or_path))
    try:
        is_there = path.is_file()
    except OSError:  # longer than a name may be: a schema itself, for parse_schema
        is_there = False
    if not is_there:
        raise SchemaError(
            "no schema {name!r}: give a JSON file or one of: {names}",
            name=str(name_or_path)[:80],
            names=", ".join(packaged),
        )
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(
            "schema {path}: cannot be read as UTF-8 text ({fault})",
            path=path,
            fault=type(error).__name__,
        ) from None
    return _parsed(text, path.stem, str(path))


@functools.lru_cache(maxsize=128)
def _parsed(text: str, name: str, where: str) -> CategorySchema:
    return parse_schema(text, name, where)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a name that occurs twice would silently lose a category."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise SchemaError("the name {name!r} appears twice in one object", name=twice)
    return found


def parse_schema(
    text: str, name: str, where: str = "schema", *, names_only: bool = False
) -> CategorySchema:
    """Check a category schema given as JSON text.

    Args:
        text: the JSON.
        name: the name documents will carry.
        where: what error messages call the source, e.g. its path.
        names_only: of a stranger's schema, keep :data:`NAMES` and nothing that runs at each report,
            such as a pattern that takes a regular expression forever.

    Raises:
        SchemaError: with the line (syntax) or the JSON pointer (content) of the first fault.

    Examples:
        >>> schema = parse_schema('{"title": "Wound", "properties": {"site": {"title": "Site"}}}', "wound")
        >>> schema.category("site").label
        'site'
    """
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise SchemaError(
            "{where}: not valid JSON at line {line}, column {column}: {fault}",
            where=where,
            line=error.lineno,
            column=error.colno,
            fault=error.msg,
        ) from None
    except RecursionError:
        raise too_deep(where) from None
    except ValueError:
        raise SchemaError("{where}: holds a number of thousands of digits", where=where) from None
    check_shape(document, where)
    if names_only:  # which alone make no schema that could be wrong
        document = _names_of(document)
    else:
        check_names(document, where)
        # As it is written: with every category's items it takes fifty times as long.
        check_schema(document, where)
    document = _with_items(document)
    types = {key: _type(key, spec) for key, spec in document.get("x-attributes", {}).items()}
    categories = tuple(
        _category(key, spec, types, where) for key, spec in document["properties"].items()
    )
    check_labels(categories, where)
    schema = CategorySchema(name, document["title"], categories, document)
    check_items(schema, where)
    return schema


def _names_of(document: dict[str, Any]) -> dict[str, Any]:
    def kept(spec: dict[str, Any]) -> dict[str, Any]:
        return {name: spec[name] for name in NAMES if name in spec}

    properties = {key: kept(spec) for key, spec in document["properties"].items()}
    return {**kept(document), "properties": properties}


def _with_items(document: dict[str, Any]) -> dict[str, Any]:
    """The schema with elmtex's item filled in wherever a category leaves ``items`` out."""
    properties = {
        key: spec if "items" in spec else {**spec, "type": "array", "items": ITEM}
        for key, spec in document["properties"].items()
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        **document,
        "properties": properties,
    }


def _category(
    key: str, spec: Mapping[str, Any], types: Mapping[str, AttributeType], where: str
) -> Category:
    listed = spec.get("x-attributes", ())
    for place, name in enumerate(listed):
        if name not in types:
            raise SchemaError(
                "{where}: /properties/{key}/x-attributes/{place}: names a type that the schema's own x-attributes "
                "does not have; it has: {known}",
                where=where,
                key=key,
                place=place,
                known=", ".join(types) or "-",
            )
    attributes = tuple(types[name] for name in listed)
    for attribute, other in same_labels(attributes):
        raise SchemaError(
            "{where}: /x-attributes/{key}/x-label: the label {label!r} is also that of {other!r}, and {category!r} "
            "lists both; give each type a label of its own",
            where=where,
            key=attribute.key,
            label=attribute.label,
            other=other.key,
            category=key,
        )
    terminologies = spec.get("x-terminologies")
    category = Category(
        key,
        *_names(key, spec),
        _fhir(spec.get("x-fhir", {})),
        None if terminologies is None else tuple(terminologies),
        attributes,
        spec.get("x-only"),
    )
    check_attribute_labels(category, where)
    return category


def _type(key: str, spec: Mapping[str, Any]) -> AttributeType:
    return AttributeType(key, *_names(key, spec), spec.get("x-value"), spec.get("x-fhir"))


def _names(key: str, spec: Mapping[str, Any]) -> tuple[str, str, str, Mapping[str, str]]:
    """Label, title, description and titles of a category or an attribute type."""
    label = spec.get("x-label") or label_from_title(spec["title"]) or key
    titles = {"en": spec["title"], **spec.get("x-title", {})}
    return label, spec["title"], spec.get("description", ""), titles


def _fhir(spec: Mapping[str, Any]) -> Fhir:
    default = Fhir()
    return Fhir(
        spec.get("resource", default.resource),
        spec.get("clinicalStatus"),
        tuple(spec.get("also", ())),
        spec.get("quantity", False),
        spec.get("section"),
    )


def label_from_title(title: str) -> str:
    """The label of a category that only has a title: in lower case, without the signs of a note."""
    kept = "".join(" " if c in "=;!?[]" else c for c in title)
    return " ".join(kept.split()).lower()[:MAX_LABEL].strip()
