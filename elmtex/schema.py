"""Category schemas: which categories an extraction has, what each means, and the check of a document.

A category schema is a JSON Schema (2020-12) of one object. Each property is a category: an array of items with
a ``title`` and a ``description``; ``x-label`` is the short word the model writes for it, ``x-title`` holds titles
in other languages. ``x-fhir`` says what its items become in FHIR (:class:`Fhir`), ``x-terminologies`` which
terminologies they are coded in. ``items`` may be left out: elmtex's own (:data:`ITEM`) is then filled in.

``x-attributes`` of the schema names the types of what may belong to an item (a drug's dose, a value's test), each with a
``title`` and, if you like, ``x-title``, ``x-label`` and ``description``; ``x-attributes`` of a category lists those that its
items may have, in the order in which they are written.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import referencing
import referencing.exceptions

from elmtex.types import SchemaError

MAX_CATEGORIES = 64
MAX_LABEL = 40  # characters
FAULTS = 100  # of a file that are weighed against each other, to name the best of them
MAX_ATTRIBUTES = 32  # types of a schema
NAMES = (
    *("title", "x-title", "x-label", "description"),
    *("x-fhir", "x-terminologies", "x-attributes"),
)
TERMINOLOGIES = ("icd10cm", "hpo", "drugs", "doid")
RESOURCES = (
    *("Observation", "Condition", "Procedure", "MedicationStatement"),
    *("FamilyMemberHistory", "AllergyIntolerance"),
)

_CODE: dict[str, Any] = {
    "type": "object",
    "required": ["system", "code", "display", "score"],
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "string"} for name in ("system", "code", "display")},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "chosen": {"type": "boolean"},
    },
}
_ATTRIBUTE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "text", "start", "end", "confidence"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string"},
        "text": {"type": "string", "minLength": 1},
        "start": {"type": ["integer", "null"], "minimum": 0},
        "end": {"type": ["integer", "null"], "minimum": 1},
        "confidence": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    },
}

ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["text", "start", "end", "assertion", "confidence"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1},
        "start": {"type": ["integer", "null"], "minimum": 0},
        "end": {"type": ["integer", "null"], "minimum": 1},
        "assertion": {"enum": ["present", "absent", "possible"]},
        "confidence": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "codes": {"type": "array", "items": _CODE},
        "attributes": {"type": "array", "items": _ATTRIBUTE},
    },
}

_SAMPLE_ITEM = {"text": "x", "start": 0, "end": 1, "assertion": "present", "confidence": 0.5}
_SAMPLE_ATTRIBUTE = {"type": "x", "text": "x", "start": 0, "end": 1, "confidence": 0.5}

_TITLES = {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}
_KEY = r"^[A-Za-z][A-Za-z0-9_]{0,63}\Z"
_NAMED = {
    "title": {"type": "string", "minLength": 1, "maxLength": 200},
    "x-title": _TITLES,
    # The note's own signs and line breaks cannot be part of a label.
    "x-label": {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_LABEL,
        "pattern": r"^[^=;!?\[\]\s]+( [^=;!?\[\]\s]+)*\Z",
    },
    "description": {"type": "string", "maxLength": 2000},
}

_FHIR: dict[str, Any] = {
    "type": "object",
    "required": ["resource"],
    "additionalProperties": False,
    "properties": {
        "resource": {"enum": list(RESOURCES)},
        "clinicalStatus": {"enum": ["active", "inactive"]},
        "also": {
            "type": "array",
            "uniqueItems": True,
            "items": {"enum": ["AllergyIntolerance", "Procedure"]},
        },
        "quantity": {"type": "boolean"},
    },
    "dependentSchemas": {
        "clinicalStatus": {"properties": {"resource": {"const": "Condition"}}},
        "quantity": {"properties": {"resource": {"const": "Observation"}}},
    },
}

# What a file must look like to be used as a category schema, whatever else JSON Schema would allow.
_SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["title", "properties"],
    "properties": {
        "title": {"type": "string", "minLength": 1},
        "x-title": _TITLES,
        "description": {"type": "string"},
        "type": {"const": "object"},
        "properties": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": MAX_CATEGORIES,
            "propertyNames": {"pattern": _KEY},
            "additionalProperties": {
                "type": "object",
                "required": ["title"],
                "properties": {
                    **_NAMED,
                    "x-fhir": _FHIR,
                    "x-terminologies": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {"enum": list(TERMINOLOGIES)},
                    },
                    "type": {"const": "array"},
                    "x-attributes": {
                        "type": "array",
                        "items": {"type": "string"},
                        "uniqueItems": True,
                    },
                },
            },
        },
        "x-attributes": {
            "type": "object",
            "maxProperties": MAX_ATTRIBUTES,
            "propertyNames": {"pattern": _KEY},
            "additionalProperties": {
                "type": "object",
                "required": ["title"],
                "properties": _NAMED,
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Fhir:
    """What the items of a category become in FHIR: its ``x-fhir``.

    Args:
        resource: of :data:`RESOURCES`.
        clinical_status: of a Condition: ``active`` when the category holds what the patient has now, ``inactive`` when
            it holds what is past; None when it says neither.
        also: AllergyIntolerance, Procedure: what an item becomes instead when its words name one.
        quantity: of an Observation: its words are read as name, number, unit and reference range where that is certain.
    """

    resource: str = "Observation"
    clinical_status: str | None = None
    also: tuple[str, ...] = ()
    quantity: bool = False


@dataclass(frozen=True, slots=True)
class AttributeType:
    """A type of attribute that items of a schema may have, e.g. the dose of a drug.

    Args:
        key: its name in the document.
        label: the short word the model writes for it; unique among the types of a category.
        title: its English title.
        description: what belongs in it; may be empty.
        titles: titles by ISO 639-1 language, English included.
    """

    key: str
    label: str
    title: str
    description: str
    titles: Mapping[str, str]

    def title_in(self, lang: str) -> str:
        """The title in a language, else the English one."""
        return self.titles.get(lang, self.title)


@dataclass(frozen=True, slots=True)
class Category:
    """One category of a schema.

    Args:
        key: its property name in the document.
        label: the short word the model writes for it in a margin note; unique in the schema.
        title: its English title.
        description: what belongs in it; may be empty.
        titles: titles by ISO 639-1 language, English included.
        fhir: what its items become in FHIR.
        terminologies: of :data:`TERMINOLOGIES`, best first where two know the words equally well; () when none covers
            the category, None when the schema does not say.
        attributes: the types its items may have, in the order in which they are written.
    """

    key: str
    label: str
    title: str
    description: str
    titles: Mapping[str, str]
    fhir: Fhir = Fhir()
    terminologies: tuple[str, ...] | None = None
    attributes: tuple[AttributeType, ...] = ()

    def title_in(self, lang: str) -> str:
        """The title in a language, else the English one."""
        return self.titles.get(lang, self.title)


@dataclass(frozen=True)
class CategorySchema:
    """A checked category schema; make one with :func:`load_schema` or :func:`parse_schema`."""

    name: str
    title: str
    categories: tuple[Category, ...]
    document: Mapping[str, Any]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(category.key for category in self.categories)

    @property
    def attributes(self) -> tuple[AttributeType, ...]:
        """The attribute types that some category lists, each once, in the order of their first mention."""
        return tuple({t.key: t for c in self.categories for t in c.attributes}.values())

    def category(self, key: str) -> Category:
        """The category of that key. Raises :class:`SchemaError` when there is none."""
        for category in self.categories:
            if category.key == key:
                return category
        raise SchemaError(
            "unknown category {key!r} in schema {schema!r}; it has: {keys}",
            key=key,
            schema=self.name,
            keys=", ".join(self.keys),
        )

    def subset(self, keys: tuple[str, ...]) -> CategorySchema:
        """The same schema with only these categories, in the schema's order.

        Raises:
            SchemaError: when a key is unknown or none is given.

        Examples:
            >>> load_schema("elmtex").subset(("age", "gender")).keys
            ('age', 'gender')
        """
        wanted = {self.category(key).key for key in keys}
        if not wanted:
            raise SchemaError(
                "no category asked for; schema {schema!r} has: {keys}",
                schema=self.name,
                keys=", ".join(self.keys),
            )
        properties = {k: v for k, v in self.document["properties"].items() if k in wanted}
        required = [key for key in self.document.get("required", ()) if key in wanted]
        return CategorySchema(
            self.name,
            self.title,
            tuple(c for c in self.categories if c.key in wanted),
            {**self.document, "properties": properties, "required": required},
        )

    @functools.cached_property
    def _validator(self) -> jsonschema.protocols.Validator:
        # jsonschema's usual registry fetches what a $ref names: any address, for whoever may give a schema.
        return jsonschema.Draft202012Validator(self.document, registry=referencing.Registry())

    def validate(self, categories: Mapping[str, Any]) -> tuple[str, ...]:
        """Check the ``categories`` object of a document; () when valid, else one sentence per fault.

        The sentences name paths and rules, never the values: those may be a patient's words.

        Raises:
            SchemaError: the schema has a ``$ref`` that leads out of it.

        Examples:
            >>> item = {"text": "x", "start": 0, "end": 1, "assertion": "maybe", "confidence": None}
            >>> load_schema("medication").validate({"drug": [item]})
            ("/drug/0/assertion: breaks the rule 'enum'",)
        """
        try:
            faults = sorted(
                self._validator.iter_errors(categories), key=lambda e: list(map(str, e.path))
            )
        except referencing.exceptions.Unresolvable:
            raise SchemaError(
                "schema {schema!r} has a $ref that leads nowhere in it, and nothing is fetched: write out what it "
                "stands for",
                schema=self.name,
            ) from None
        return tuple(
            f"{_pointer(fault.path)}: breaks the rule {fault.validator!r}" for fault in faults
        )


def packaged_schemas() -> dict[str, Path]:
    """The schemas that come with elmtex, by name: from the wheel, else from the source tree."""
    here = Path(__file__).parent
    folder = here / "schemas" if (here / "schemas").is_dir() else here.parent / "schemas"
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def load_schema(name_or_path: str | Path) -> CategorySchema:
    """Load a schema by the name of a packaged one (``elmtex``, ``medication``) or from a JSON file.

    Raises:
        SchemaError: no such schema, not JSON, or not a usable category schema (with the path inside the file).

    Examples:
        >>> load_schema("medication").keys
        ('drug',)
    """
    packaged = packaged_schemas()
    path = packaged.get(str(name_or_path), Path(name_or_path))
    if not path.is_file():
        raise SchemaError(
            "no schema {name!r}: give a JSON file or one of: {names}",
            name=str(name_or_path),
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
    return parse_schema(text, path.stem, str(path))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a name that stands twice would silently lose a category."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise SchemaError("the name {name!r} stands twice in one object", name=twice)
    return found


def parse_schema(
    text: str, name: str, where: str = "schema", *, names_only: bool = False
) -> CategorySchema:
    """Check a category schema given as JSON text.

    Args:
        text: the JSON.
        name: the name documents will carry.
        where: what error messages call the source, e.g. its path.
        names_only: of a stranger's schema, keep :data:`NAMES` and nothing that runs at each report, such as a
            pattern that takes a regular expression forever.

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
        raise SchemaError(
            "{where}: nested too deeply; a category schema is one flat object", where=where
        ) from None
    except ValueError:
        raise SchemaError("{where}: holds a number of thousands of digits", where=where) from None
    # The best of some is good enough: a stranger's file may have a fault at each of its 20,000 names.
    faults = jsonschema.Draft202012Validator(_SHAPE).iter_errors(document)
    fault = jsonschema.exceptions.best_match(itertools.islice(faults, FAULTS))
    if fault is not None:
        raise _refusal(fault, where)
    document = _with_items(_names_of(document) if names_only else document)
    if not names_only:  # names alone make no schema that could be wrong
        _check_schema(document, where)
    types = {key: _type(key, spec) for key, spec in document.get("x-attributes", {}).items()}
    categories = tuple(
        _category(key, spec, types, where) for key, spec in document["properties"].items()
    )
    _check_labels(categories, where)
    schema = CategorySchema(name, document["title"], categories, document)
    _check_items(schema, where)
    return schema


def _check_schema(document: dict[str, Any], where: str) -> None:
    try:
        jsonschema.Draft202012Validator.check_schema(document)
    except jsonschema.SchemaError as error:
        raise _refusal(error, where) from None


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
    seen: dict[str, str] = {}
    for attribute in attributes:
        other = seen.setdefault(attribute.label.casefold(), attribute.key)
        if other != attribute.key:
            raise SchemaError(
                "{where}: /x-attributes/{key}/x-label: the label {label!r} is also that of {other!r}, and {category!r} "
                "lists both; give each type a label of its own",
                where=where,
                key=attribute.key,
                label=attribute.label,
                other=other,
                category=key,
            )
    terminologies = spec.get("x-terminologies")
    return Category(
        key,
        *_names(key, spec),
        _fhir(spec.get("x-fhir", {})),
        None if terminologies is None else tuple(terminologies),
        attributes,
    )


def _type(key: str, spec: Mapping[str, Any]) -> AttributeType:
    return AttributeType(key, *_names(key, spec))


def _names(key: str, spec: Mapping[str, Any]) -> tuple[str, str, str, Mapping[str, str]]:
    """Label, title, description and titles of a category or an attribute type."""
    label = spec.get("x-label") or _label_from_title(spec["title"]) or key
    titles = {"en": spec["title"], **spec.get("x-title", {})}
    return label, spec["title"], spec.get("description", ""), titles


def _fhir(spec: Mapping[str, Any]) -> Fhir:
    default = Fhir()
    return Fhir(
        spec.get("resource", default.resource),
        spec.get("clinicalStatus"),
        tuple(spec.get("also", ())),
        spec.get("quantity", False),
    )


def _label_from_title(title: str) -> str:
    kept = "".join(" " if c in "=;!?[]" else c for c in title)
    return " ".join(kept.split()).lower()[:MAX_LABEL].strip()


def _check_labels(categories: tuple[Category, ...], where: str) -> None:
    seen: dict[str, str] = {}
    for category in categories:
        other = seen.setdefault(category.label.casefold(), category.key)
        if other != category.key:
            raise SchemaError(
                "{where}: /properties/{key}/x-label: the label {label!r} is also that of {other!r}; give each category "
                "a label of its own",
                where=where,
                key=category.key,
                label=category.label,
                other=other,
            )


def _check_items(schema: CategorySchema, where: str) -> None:
    """A schema whose items cannot hold what elmtex writes would make every document invalid: refuse it now."""
    for category in schema.categories:
        item: dict[str, Any] = _SAMPLE_ITEM
        if category.attributes:
            item = item | {"attributes": [_SAMPLE_ATTRIBUTE]}
        document: dict[str, Any] = {key: [] for key in schema.keys} | {category.key: [item]}
        try:
            fault = next(schema._validator.iter_errors(document), None)
        except (
            Exception
        ) as error:  # an unresolvable $ref: jsonschema's error types differ by version
            raise SchemaError(
                "{where}: /properties/{key}/items: cannot be resolved ({fault}), and nothing is fetched; leave `items` "
                "out to use elmtex's own",
                where=where,
                key=category.key,
                fault=type(error).__name__,
            ) from None
        if fault is not None:
            raise SchemaError(
                "{where}: {path}: refuses elmtex's item {{text, start, end, assertion, confidence}}; leave `items` out "
                "to use elmtex's own",
                where=where,
                path=_pointer(fault.absolute_schema_path),
            )


def _refusal(fault: Any, where: str) -> SchemaError:
    """What is wrong, without the file's own words: it may be a report, given by mistake."""
    at, rule, wanted = _pointer(fault.absolute_path), fault.validator, fault.validator_value
    if rule == "required":
        name = str(fault.message).partition(" is a")[0]
        return SchemaError("{where}: {path}: {name} is missing", where=where, path=at, name=name)
    if rule == "enum":
        wanted = "one of: " + ", ".join(map(str, wanted))
    if not isinstance(wanted, str | int):
        return SchemaError(
            "{where}: {path}: breaks the rule {rule!r}", where=where, path=at, rule=rule
        )
    return SchemaError(
        "{where}: {path}: breaks the rule {rule!r} ({wanted})",
        where=where,
        path=at,
        rule=rule,
        wanted=wanted,
    )


def _pointer(path: Any) -> str:
    """A JSON pointer (RFC 6901) for messages; ``/`` is the whole file."""
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)
