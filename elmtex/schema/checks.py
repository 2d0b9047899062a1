"""Checks of a schema file: its shape, its labels, and whether it can hold elmtex's items."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import jsonschema

from elmtex.schema.categories import AttributeType, Category, CategorySchema, pointer
from elmtex.schema.shape import KEY, SEEN, SHAPE
from elmtex.types import SchemaError

Labelled = TypeVar("Labelled", Category, AttributeType)
FAULTS = 100  # of a file that are compared, to name the best of them
_SAMPLE_ITEM = {"text": "x", "start": 0, "end": 1, "assertion": "present", "confidence": 0.5}
_SAMPLE_ATTRIBUTE: dict[str, Any] = {
    **{"type": "x", "text": "x", "start": 0, "end": 1, "confidence": 0.5}
}
_SAMPLE_VALUE = {"kind": "quantity", "value": 5, "unit": "mg", "code": "mg"}


def check_shape(document: Any, where: str) -> None:
    """Refuse a file that is not a category schema."""
    # The best of some is good enough: a stranger's file may have a fault at each of its 20,000
    # names.
    faults = jsonschema.Draft202012Validator(SHAPE).iter_errors(document)
    fault = jsonschema.exceptions.best_match(itertools.islice(faults, FAULTS))
    if fault is not None:
        raise refusal(fault, where)


def check_names(document: dict[str, Any], where: str) -> None:
    """Refuse a file with an ``x-`` name that is nearly one of elmtex's: what is misspelt would say nothing, in silence."""
    parts = SHAPE["properties"]
    places: list[tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]] = [((), document, parts)]
    for group in ("properties", "x-attributes"):
        known = parts[group]["additionalProperties"]["properties"]
        places += [((group, key), spec, known) for key, spec in document.get(group, {}).items()]
    for path, spec, known in places:
        for name in spec.keys() - known:
            own = [other for other in known if other.startswith("x-")]
            near = difflib.get_close_matches(name.replace("_", "-"), own, 1, cutoff=0.85)
            if near:
                raise SchemaError(
                    "{where}: {path}: means nothing; {name!r} is probably meant",
                    where=where,
                    path=pointer((*path, name)),
                    name=near[0],
                )


def check_schema(document: dict[str, Any], where: str) -> None:
    """Refuse a file that is not valid JSON Schema."""
    try:
        jsonschema.Draft202012Validator.check_schema(document)
    except jsonschema.SchemaError as error:
        raise refusal(error, where) from None
    except RecursionError:
        raise too_deep(where) from None


def too_deep(where: str) -> SchemaError:
    """The refusal of a file that is nested deeper than this program reads."""
    return SchemaError(
        "{where}: nested too deeply; a category schema is one flat object", where=where
    )


def check_labels(categories: tuple[Category, ...], where: str) -> None:
    """Refuse a schema in which two categories have the same label."""
    for category, other in same_labels(categories):
        raise SchemaError(
            "{where}: /properties/{key}/x-label: the label {label!r} is also that of {other!r}; give each category "
            "a label of its own",
            where=where,
            key=category.key,
            label=category.label,
            other=other.key,
        )


def check_attribute_labels(category: Category, where: str) -> None:
    """Refuse a category that lists two types of which one's label begins the other's: the model writes a type's label and then
    words of the report, which could be the rest of the other label."""
    ordered = sorted(category.attributes, key=lambda attribute: attribute.label)
    for short, long in itertools.pairwise(ordered):
        if long.label.startswith(f"{short.label} "):
            raise SchemaError(
                "{where}: /x-attributes/{key}/x-label: the label {label!r} begins {other!r}, and {category!r} lists both; "
                "give one of the types another label",
                where=where,
                key=short.key,
                label=short.label,
                other=long.label,
                category=category.key,
            )


def same_labels(parts: Iterable[Labelled]) -> Iterator[tuple[Labelled, Labelled]]:
    """Each part whose label, ignoring case, is that of an earlier one, with the earlier one."""
    seen: dict[str, Labelled] = {}
    for part in parts:
        other = seen.setdefault(part.label.casefold(), part)
        if other.key != part.key:
            yield part, other


def check_items(schema: CategorySchema, where: str) -> None:
    """A schema whose items cannot hold what elmtex writes would make every document invalid: refuse
    it now."""
    for category in schema.categories:
        item: dict[str, Any] = _SAMPLE_ITEM
        if category.attributes:
            valued = any(attribute.normaliser for attribute in category.attributes)
            value = {"value": _SAMPLE_VALUE} if valued else {}
            item = item | {"attributes": [_SAMPLE_ATTRIBUTE | value]}
        document: dict[str, Any] = {key: [] for key in schema.keys} | {category.key: [item]}
        try:
            fault = next(schema.validator.iter_errors(document), None)
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
                path=pointer(fault.absolute_schema_path),
            )


def refusal(fault: Any, where: str) -> SchemaError:
    """What is wrong, without the file's own words: it may be a report, given by mistake."""
    at, rule, wanted = pointer(fault.absolute_path), fault.validator, fault.validator_value
    if rule == "required":
        name = str(fault.message).partition(" is a")[0]
        return SchemaError("{where}: {path}: {name} is missing", where=where, path=at, name=name)
    if wanted == KEY:
        return SchemaError(
            "{where}: {path}: a name has to begin with a letter and may have letters from A to Z, digits and _ (64 at most)",
            where=where,
            path=at,
        )
    if wanted == SEEN:
        return SchemaError(
            "{where}: {path}: holds half a character or one that cannot be seen; type it again",
            where=where,
            path=at,
        )
    schema_path = list(fault.absolute_schema_path)
    if "dependentSchemas" in schema_path:
        return SchemaError(
            "{where}: {path}: has to be {wanted!r} where {name!r} is given",
            where=where,
            path=at,
            wanted=wanted,
            name=schema_path[schema_path.index("dependentSchemas") + 1],
        )
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
