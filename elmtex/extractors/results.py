"""What is a result, and of which test: a reference range, a date and an earlier result in brackets are none, and a value
without a test has that of the value before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from elmtex.schema import AttributeType, CategorySchema
from elmtex.text.result_line import is_limits
from elmtex.types import Attribute, Item
from elmtex.values import Quantity, value_of

_DIGIT = re.compile(r"\d")
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})(?!\d)"
)
# A day and a month that say when: „FEES 14.05.: Penetration“
_DAY = re.compile(r"(?<!\d)\d{1,2}\.(?:0\d|1[0-2])\.?\Z")
# When something was examined: „Labor 18.02.“, „Sono vom 3.5.“
_EXAMINED_ON = re.compile(
    r"(?:Labor\w*|Kontrolle|Verlauf|Befund|EKG|c?CT|MRT|PET|PSG|Sono\w*|Rö\w*|TTE|TEE|\w{0,20}[Ee]cho\w*|ÖGD|Kolo\w*|Gastro\w*|Duplex\w*|Szinti\w*)"
    r"(?:(?: \w+)? (?:vom|am) \d{1,2}\.\d{1,2}\.?| (?:0?[1-9]|[12]\d|3[01])\.(?:0[1-9]|1[0-2])\.?)"
)
_DATE_LENGTH = 14  # characters at most
_UNTIL_DIGIT = re.compile(r"\A\D*")
# What may stand between two results of one test: "bei Aufnahme, 7,6 g/dl am 1. postop. Tag"
_BETWEEN = frozenset(
    "am at auf aufnahme admission and bei by dann day discharge entlassung im in kontrolle nach on postop tag then to und verlegung zuletzt".split()
)
_HALF = re.compile(r"[\d.,]+\)")  # of „Leukozyten 8,1 (19,4) /nl“
_FORMER = re.compile(r"(?:Vorbefund|Vorwert|VB|VU)\b.{0,12}\d")
_NUMBER = re.compile(r"[\d./]*")
# Before an earlier result: „(Vorwert 74)“, „(14,9)“
_IN_BRACKETS = re.compile(
    r"(?: \w{1,20}){0,2}\s?\((?:(?:Vor\w*|VU|präop|zuvor|initial|(?:bei )?Aufnahme|prev\w*|prior|baseline|[\d./]{4,10})[^()\n]{0,20}?[:. ] ?)?"
)
_NEAR = 60  # characters that are looked at


def current_results(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """The items, without those of a category of results that are a row's reference range, whose number is a date's, "Koloskopie vom
    13.10", or that are an earlier result in brackets: "CRP 28 mg/l (Vorwert 74)"."""
    results = {c.key for c in schema.categories if any(t.fhir == "test" for t in c.attributes)}

    def kept(items: tuple[Item, ...]) -> Iterator[Item]:
        for before, item in zip((None, *items), items, strict=False):
            is_earlier = before is not None and _is_earlier(before, item, report)
            if not is_earlier and not _is_no_result(item, report):
                yield item

    return {
        key: tuple(kept(items)) if key in results else items for key, items in categories.items()
    }


def _is_no_result(item: Item, report: str) -> bool:
    if item.start is None or item.end is None:
        return False
    if is_limits(report, item.start) or _HALF.match(item.text) or _FORMER.match(item.text):
        return True
    if _EXAMINED_ON.fullmatch(item.text):
        return True
    if _DAY.search(item.text) and report[item.end - 1 : item.end + 2].endswith(".:"):
        return True
    first, last = max(0, item.start - _DATE_LENGTH), item.end + _DATE_LENGTH
    dates = [(first + d.start(), first + d.end()) for d in _DATE.finditer(report[first:last])]
    digits = [item.start + found.start() for found in _DIGIT.finditer(item.text)]
    return bool(digits) and all(any(start <= at < end for start, end in dates) for at in digits)


def with_tests(
    items: Iterable[Item], types: Sequence[AttributeType], report: str
) -> tuple[Item, ...]:
    """The items of a category of results. One without a test has that of the result before it, if nothing but a time is between them and
    the unit is the same: "Hb 11,9 g/dl bei Aufnahme, 9,8 g/dl bei Entlassung".

    Args:
        items: in the report's order; those of a category without a type that is the test stay as they are.
        types: the category's.
        report: where they are spans.
    """
    test = next((type.key for type in types if type.fhir == "test"), None)
    found: list[Item] = []
    for item in items:
        if test and found and not _tests(item, test) and _follows(found[-1], item, report):
            item = replace(item, attributes=(*_tests(found[-1], test), *item.attributes))
        found.append(item)
    return tuple(found)


def _tests(item: Item, test: str) -> tuple[Attribute, ...]:
    return tuple(a for a in item.attributes if a.type == test)


def _follows(before: Item, item: Item, report: str) -> bool:
    if (
        before.end is None
        or item.start is None
        or not before.end <= item.start <= before.end + _NEAR
    ):
        return False
    words = [word.strip(",.:()").lower() for word in report[before.end : item.start].split()]
    if not item.text[:1].isdecimal() or not all(
        w in _BETWEEN or _NUMBER.fullmatch(w) for w in words
    ):
        return False
    unit = _unit(item)
    return unit is not None and unit == _unit(before)


def _unit(item: Item) -> str | None:
    """The unit of what stands from the first digit on."""
    value = value_of("quantity", _UNTIL_DIGIT.sub("", item.text))
    return value.code if isinstance(value, Quantity) else None


def _is_earlier(before: Item, item: Item, report: str) -> bool:
    """Whether a result is the earlier one in brackets behind a result: of no other unit, and alone there."""
    if before.end is None or item.start is None or item.end is None:
        return False
    if not item.text[:1].isdecimal() or report[item.end : item.end + 1] != ")":
        return False
    is_same = item.text[-1:].isdecimal() or _unit(item) == _unit(before)
    return is_same and bool(_IN_BRACKETS.fullmatch(report, before.end, item.start))
