"""A checked category schema: categories, attribute types and the check of a document."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jsonschema
import referencing
import referencing.exceptions

from elmtex.types import N_, SchemaError

BROKEN = N_("{path}: breaks the rule {rule!r}")  # a fault of a document


@dataclass(frozen=True, slots=True)
class Fhir:
    """What the items of a category become in FHIR: its ``x-fhir``.

    Args:
        resource: of :data:`elmtex.schema.RESOURCES`.
        clinical_status: of a Condition: ``active`` when the category holds what the patient has
            now, ``inactive`` when it holds what is past; None when it says neither.
        also: AllergyIntolerance, Procedure: what an item becomes instead when its words name one.
        quantity: of an Observation: its words are read as name, number, unit and reference range
            where that is certain.
        section: LOINC code of its section in a Composition; None leaves the section without a code.
    """

    resource: str = "Observation"
    clinical_status: str | None = None
    also: tuple[str, ...] = ()
    quantity: bool = False
    section: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeType:
    """A type of attribute that items of a schema may have, e.g. the dose of a drug.

    Args:
        key: its name in the document.
        label: the short word the model writes for it; unique among the types of a category.
        title: its English title.
        description: what belongs in it; may be empty.
        titles: titles by ISO 639-1 language, English included.
        normaliser: reads its words as data, of :data:`elmtex.values.NORMALISERS`; None when
            they stay words.
        fhir: the element its words become, of :data:`elmtex.schema.ELEMENTS`; None for a note.
    """

    key: str
    label: str
    title: str
    description: str
    titles: Mapping[str, str]
    normaliser: str | None = None
    fhir: str | None = None

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
        terminologies: of :data:`elmtex.schema.TERMINOLOGIES`, best first where two know the words
            equally well; () when none covers the category, None when the schema does not say.
        attributes: the types its items may have, in the order in which they are written.
        only: of :data:`elmtex.values.ONLY`: items whose words cannot be that are not listed; None
            lists all.
    """

    key: str
    label: str
    title: str
    description: str
    titles: Mapping[str, str]
    fhir: Fhir = Fhir()
    terminologies: tuple[str, ...] | None = None
    attributes: tuple[AttributeType, ...] = ()
    only: str | None = None

    @property
    def holds_diseases(self) -> bool:
        """Whether its conditions are diseases: its terminologies begin with one of them. Symptoms have another first."""
        first = (self.terminologies or ("",))[0]
        return self.fhir.resource == "Condition" and first in ("icd10cm", "doid")

    @property
    def holds_tests(self) -> bool:
        """Whether its procedures have values: tests, and no treatment."""
        return self.fhir.resource == "Procedure" and any(t.fhir == "value" for t in self.attributes)

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
        """The attribute types that some category lists, each once, in the order of their first
        mention."""
        return tuple({t.key: t for c in self.categories for t in c.attributes}.values())

    @property
    def repeated(self) -> frozenset[str]:
        """The categories of measurements, of which the same words at another place are another value."""
        return frozenset(c.key for c in self.categories if c.fhir.quantity)

    def items_may_have(self, name: str) -> bool:
        """Whether items may have ``section``, ``mentions`` or ``agreed``: where a file has items of its own, only if it says so."""
        items = [spec.get("items") for spec in self.document.get("properties", {}).values()]
        return all(isinstance(i, dict) and name in i.get("properties", {}) for i in items)

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
            >>> from elmtex.schema import load_schema
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

    def without_attributes(self) -> CategorySchema:
        """The same schema with no attribute types, so that its items have none.

        Examples:
            >>> from elmtex.schema import load_schema
            >>> load_schema("medication").without_attributes().attributes
            ()
        """

        def bare(spec: Mapping[str, Any]) -> dict[str, Any]:
            return {name: value for name, value in spec.items() if name != "x-attributes"}

        properties = {key: bare(spec) for key, spec in self.document["properties"].items()}
        return CategorySchema(
            self.name,
            self.title,
            tuple(replace(category, attributes=()) for category in self.categories),
            {**bare(self.document), "properties": properties},
        )

    @functools.cached_property
    def validator(self) -> jsonschema.protocols.Validator:
        """Validates the ``categories`` object of a document."""
        # jsonschema's usual registry fetches what a $ref names: any address, for whoever may give a
        # schema.
        return jsonschema.Draft202012Validator(self.document, registry=referencing.Registry())

    def validate(self, categories: Mapping[str, Any]) -> tuple[str, ...]:
        """Check the ``categories`` object of a document; () when valid, else one sentence per
        fault.

        The sentences name paths and rules, never the values: those may be a patient's words.

        Raises:
            SchemaError: the schema has a ``$ref`` that leads out of it.
        """
        try:
            faults = sorted(
                self.validator.iter_errors(categories), key=lambda e: list(map(str, e.path))
            )
        except referencing.exceptions.Unresolvable:
            raise SchemaError(
                "schema {schema!r} has a $ref that leads nowhere in it, and nothing is fetched: write out what it "
                "stands for",
                schema=self.name,
            ) from None
        if faults:
            return tuple(
                BROKEN.format(path=pointer(fault.path), rule=fault.validator) for fault in faults
            )
        return tuple(
            BROKEN.format(path=pointer(path), rule="x-attributes")
            for path in self._foreign_types(categories)
        )

    def _foreign_types(self, categories: Mapping[str, Any]) -> Iterator[tuple[str | int, ...]]:
        """Where attributes stand whose type their category does not list."""
        for category in self.categories:
            known = {t.key for t in category.attributes}
            for place, item in enumerate(categories.get(category.key, ())):
                for number, attribute in enumerate(item.get("attributes", ())):
                    if attribute["type"] not in known:
                        yield category.key, place, "attributes", number, "type"


def pointer(path: Any) -> str:
    """A JSON pointer (RFC 6901) for messages; ``/`` is the whole file."""
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)
