"""The values of a document's attributes: what their words say, read by the normaliser that the
schema names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from elmtex.extractors.assertions import asserted
from elmtex.extractors.phrases import is_german, whole_lists, whole_phrases, with_named_tests
from elmtex.extractors.places import by_place
from elmtex.extractors.rules import with_demographics
from elmtex.schema import CategorySchema
from elmtex.text.printed_row import printed_row
from elmtex.text.sections import Sectioned
from elmtex.types import Attribute, Item
from elmtex.values import ONLY, Quantity, decimal_separator, value_of

# What stands around a span that is cut out of a number or of a unit: the rest of it, a sign, a
# bound, a power of ten.
_BEFORE = re.compile(r"(?:[0-9½¼¾^/–−-]|[0-9][.,']|[<>≤≥≈~±]\s?)\Z")
_AFTER = re.compile(
    r"[0-9½¼¾^]|[.,':/–-][0-9]|\s?[x×*·]\s?10(?![0-9.,])|\s?(?:Mio|Million|Tsd|Tausend|thousand)",
    re.IGNORECASE,
)
_AROUND = 12  # characters


def possible(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema
) -> dict[str, tuple[Item, ...]]:
    """The items without those whose words cannot be what their category holds (``x-only``): a name is no gender."""
    tests = {c.key: ONLY[c.only] for c in schema.categories if c.only}
    return {
        key: tuple(item for item in items if key not in tests or tests[key](item.text))
        for key, items in categories.items()
    }


def fitted(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, sections: Sectioned
) -> dict[str, tuple[Item, ...]]:
    """The items as the schema lists them: :func:`possible` ones, with their section, further mentions and whether a second
    reading agreed where its items may have them; assertions, ages and genders as rules tell them."""
    report = sections.report
    items = {
        key: tuple(asserted(i, schema.category(key), sections) for i in found)
        for key, found in by_place(possible(categories, schema), schema, sections).items()
    }
    if is_german(report):
        read = {
            c.key
            for c in schema.categories
            if c.fhir.resource in ("Condition", "Procedure") or c.fhir.quantity
        }
        items = {
            key: whole_phrases(found, report) if key in read else found
            for key, found in items.items()
        }
        results = [i for c in schema.categories if c.fhir.quantity for i in items.get(c.key, ())]
        if tests := next((c.key for c in schema.categories if c.holds_tests), None):
            items[tests] = with_named_tests(items.get(tests, ()), results)
    else:
        items = {
            key: whole_lists(found, report)
            if schema.category(key).fhir.resource == "Condition"
            else found
            for key, found in items.items()
        }
    items = with_demographics(items, schema, report)
    if schema.items_may_have("section"):
        items = sections.placed(items)
    without: dict[str, Any] = {"mentions": (), "agreed": None}
    without = {name: none for name, none in without.items() if not schema.items_may_have(name)}
    if not without:
        return items
    return {key: tuple(replace(i, **without) for i in found) for key, found in items.items()}


def with_values(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """The items with their attributes' values, beside the words.

    Args:
        categories: items by category.
        schema: says by ``x-value`` how the words of an attribute type are read.
        report: where the items are spans; its other numbers say whether a comma means decimals.
    """
    normalisers = {type.key: type.normaliser for type in schema.attributes if type.normaliser}
    if not normalisers or not any(i.attributes for items in categories.values() for i in items):
        return dict(categories)
    decimal = decimal_separator(report)

    def valued(attribute: Attribute) -> Attribute:
        normaliser = normalisers.get(attribute.type)
        if normaliser is None or _is_cut(attribute, report):
            return attribute
        value = value_of(normaliser, attribute.text, decimal)
        if isinstance(value, Quantity) and not value.unit:
            value = _with_unit_of_row(attribute, value, report, decimal)
        return replace(attribute, value=value)

    return {
        key: tuple(replace(i, attributes=tuple(map(valued, i.attributes))) for i in items)
        for key, items in categories.items()
    }


def _with_unit_of_row(
    attribute: Attribute, value: Quantity, report: str, decimal: str | None
) -> Quantity:
    """A printed result with the unit that its row has in a cell of its own, or behind the test: "Creatinine umol/L  162"."""
    if attribute.start is None or attribute.end is None:
        return value
    row = printed_row(report, attribute.start)
    if row is None or row.unit is None or (attribute.start, attribute.end) not in row.results:
        return value
    whole = value_of("quantity", f"{attribute.text} {report[slice(*row.unit)]}", decimal)
    return whole if isinstance(whole, Quantity) and whole.code else value


def _is_cut(attribute: Attribute, report: str) -> bool:
    """Whether a span is a part of a number or of a quantity: "2 %" of "7,2 %", "5 mg" of
    "5 mg/kg"."""
    if attribute.start is None or attribute.end is None:
        return False
    before = report[max(attribute.start - _AROUND, 0) : attribute.start]
    after = report[attribute.end : attribute.end + _AROUND]
    first, last = attribute.text[:1], attribute.text[-1:]
    if (first.isalnum() and before[-1:].isalnum()) or (last.isalnum() and after[:1].isalnum()):
        return True
    if first in "-−–" and before[-1:].isalnum():
        return True
    if (first.isdecimal() or first in ".½¼¾") and _BEFORE.search(before):
        return True
    if re.match(r"/\s?\w", after) and re.search(r"[0-9]", attribute.text):
        return True
    return last.isdecimal() and _AFTER.match(after) is not None
