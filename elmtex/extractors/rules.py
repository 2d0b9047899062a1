"""What the program decides, not the model: that advice under a condition is possible, what was refused absent, and a
reference range no result; an age's unit, and the gender behind an age; an attribute's type where closed lists tell it; the
dose, route and frequency that an item names itself; the test of a table's later columns, and that a value is one cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from elmtex.schema import AttributeType, Category, CategorySchema
from elmtex.text.result_line import is_limits
from elmtex.text.rows import GAP, row_head
from elmtex.types import Attribute, Item
from elmtex.values import Quantity, Timing, Value, value_of
from elmtex.values.demographics import age_end, gender_of, is_relative

# Normalisers that read closed lists of words, so that what they read is of their type for certain: "p.o.", "b.i.d.", "for 5
# days", though that may also be a time
_CERTAIN = ("route", "timing", "duration")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"(?:[^\s,;()]|(?<=\d),(?=\d))+")  # "2,5" is one
_DOSE = re.compile(r"[mun]?g\b|m?L\b|k?\[iU\]|U\b|m(?:eq|mol)\b")  # in UCUM
# Advice under a condition: "Return if you develop fever", „Bitte melden, falls ...“
_ADVICE = re.compile(
    r"(?:please |bitte )?(?:return|re-?turn|call|ring|come|contact|see|seek|go|present|re-?attend|attend|report|notify|"
    r"wieder\w+|sofort\w*|rückkehr|vorstellung|melden|rufen|kommen|suchen)\b.*\b(?:if|should|when|falls|wenn|sollten?)\b",
    re.IGNORECASE | re.DOTALL,
)
# A clause in which a treatment or test was not wanted, or a result was not had
_REFUSED = re.compile(r"\blehn(?:t|te|ten|en)\b.*\bab\b|\bverweiger\w+|\babgelehnt\b", re.DOTALL)
_NOT_HAD = re.compile(
    r"\bnot (?:noted|done|measured|performed|obtained|available|taken)\b|"
    r"\bnicht (?:bestimmt|gemessen|durchgeführt|erhoben|abgenommen)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;!?](?=\s|\Z)|\n\s*\n")
_CLAUSE_LENGTH = 200  # characters of a clause that are looked at on either side
_AFTER_AGE = re.compile(r"[,\s]{1,2}(?:old |alte[rsn]? )?(\w+)")
_AMBIGUOUS = frozenset(("im", "ng", "pr", "pv", "sl"))  # "im Wechsel", "5 ng"


def by_rule(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """The items with what rules change of their attributes: "p.o." is no frequency, and each cell of a table's row
    belongs to the test that heads the row.

    Args:
        categories: items by category.
        schema: says by ``x-value`` what the words of a type are, and by ``x-fhir`` which type is the test.
        report: where the items are spans.
    """
    types = {category.key: category.attributes for category in schema.categories}
    return {
        key: tuple(_ruled(item, types[key], report) for item in items) if types.get(key) else items
        for key, items in categories.items()
    }


def conditional(item: Item) -> Item:
    """The item, possible where it is advice for a case that has not come: "Return if you develop fever"."""
    if item.assertion == "present" and _ADVICE.match(item.text):
        return replace(item, assertion="possible")
    return item


def denied(item: Item, category: Category, report: str) -> Item:
    """The item, absent where it is a treatment or test that was refused, „Eine Operation lehnte er ab“, or a result that
    was not had: "platelets not noted"."""
    if item.assertion != "present" or item.start is None or item.end is None:
        return item
    resource = category.fhir.resource
    if resource in ("Procedure", "MedicationStatement"):
        begin, stop = max(0, item.start - _CLAUSE_LENGTH), item.end + _CLAUSE_LENGTH
        before = _CLAUSE.split(report[begin : item.start])[-1]
        after = _CLAUSE.split(report[item.end : stop])[0]
        refused = _REFUSED.search(before + item.text + after)
        return replace(item, assertion="absent") if refused else item
    if category.fhir.quantity and _NOT_HAD.search(item.text) and not _DIGIT.search(item.text):
        return replace(item, assertion="absent")
    return item


def with_demographics(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """The items, with an age's unit, and with the gender that stands behind an age: "72 y/o F"."""
    ages, genders = ([c.key for c in schema.categories if c.only == o] for o in ("age", "gender"))
    found = dict(categories)
    for key in ages:
        found[key] = tuple(_with_unit(item, report) for item in found.get(key, ()))
        for gender in genders:
            told = list(found.get(gender, ()))
            for age in found[key]:
                item = _gender_after(age, report)
                if item and all(item.text.casefold() != other.text.casefold() for other in told):
                    told.append(item)
            found[gender] = tuple(sorted(told, key=lambda item: item.start or 0))
    return found


def _with_unit(age: Item, report: str) -> Item:
    if age.start is None or not age.text.isdecimal():
        return age
    end = age_end(report, age.start)
    return replace(age, text=report[age.start : end], end=end) if end else age


def _gender_after(age: Item, report: str) -> Item | None:
    """The gender behind the patient's age; not that of "his 52-year-old mother"."""
    word = _AFTER_AGE.match(report, age.end) if age.end else None
    if word is None or age.assertion != "present" or gender_of(word[1]) is None:
        return None
    if is_relative(word[1]):
        return None
    return Item(word[1], word.start(1), word.end(1), confidence=age.confidence)


def without_ranges(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """The items, without those of a category of results that are a row's reference range."""
    results = {c.key for c in schema.categories if any(t.fhir == "test" for t in c.attributes)}
    return {
        key: tuple(i for i in items if i.start is None or not is_limits(report, i.start))
        if key in results
        else items
        for key, items in categories.items()
    }


def _ruled(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    item = _with_named(_retyped(_with_cells(item, types, report), types), types)
    return _with_row_head(item, types, report)


def _with_cells(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    """The item, with each value that runs on into the next cell of its row cut there."""
    values = {type.key for type in types if type.fhir == "value"}

    def cut(attribute: Attribute) -> Attribute:
        gap = GAP.search(attribute.text) if attribute.type in values else None
        if (
            gap is None
            or attribute.start is None
            or not _DIGIT.search(attribute.text, 0, gap.start())
        ):
            return attribute
        end = attribute.start + gap.start()
        return replace(attribute, text=report[attribute.start : end], end=end)

    return _with(item, map(cut, item.attributes), types)


def _retyped(item: Item, types: Iterable[AttributeType]) -> Item:
    """The item, with attributes that only the list of another of these types knows moved to it."""
    normalisers = {type.key: type.normaliser for type in types}
    certain = {name: key for key, name in normalisers.items() if name in _CERTAIN}
    if not certain:  # as of laboratory values, which are most of a report's attributes
        return item

    def now(attribute: Attribute) -> Attribute:
        own = normalisers.get(attribute.type)
        if own is None or _tells(value_of(own, attribute.text)):
            return attribute
        for normaliser, key in certain.items():
            if own == "date" and normaliser == "duration":
                continue
            if _tells(value_of(normaliser, attribute.text)):
                return replace(attribute, type=key)
        return attribute

    return _with(item, map(now, item.attributes), types)


def _tells(value: Value | None) -> bool:
    """Whether something was read that is not a timing's duration alone."""
    alone = isinstance(value, Timing) and value == Timing(bounds=value.bounds)
    return value is not None and not alone


def _with_named(item: Item, types: Iterable[AttributeType]) -> Item:
    """The item, with the dose, route and frequency that its own words name and no attribute has: "oral prednisolone",
    "Ramipril 5 mg 1-0-0"."""
    for type in types:
        read = _NAMED.get((type.fhir, type.normaliser))
        if read is None or item.start is None or any(a.type == type.key for a in item.attributes):
            continue
        words, tells = read
        taken = [
            (a.start, a.end) for a in item.attributes if a.start is not None and a.end is not None
        ]
        for first, last in _windows(item.text, words):
            start, end = item.start + first, item.start + last
            free = all(end <= a or b <= start for a, b in taken)
            if free and tells(item.text[first:last]):
                found = Attribute(type.key, item.text[first:last], start, end)
                item = _with(item, (*item.attributes, found), types)
                break
    return item


def _windows(text: str, words: int) -> Iterator[tuple[int, int]]:
    """The places of up to so many words in a row, the longest first."""
    spans = [match.span() for match in _WORD.finditer(text)]
    for size in range(min(words, len(spans)), 0, -1):
        for first, last in zip(spans, spans[size - 1 :], strict=False):
            yield first[0], last[1]


def _is_route(words: str) -> bool:
    return words not in _AMBIGUOUS and value_of("route", words) is not None


def _is_timing(words: str) -> bool:
    return _tells(value_of("timing", words))


def _is_dose(words: str) -> bool:
    value = value_of("quantity", words)
    return isinstance(value, Quantity) and bool(_DOSE.match(value.code or ""))


# By what the words become in FHIR, and their normaliser: how many they may be, and what knows them
_NAMED: Mapping[tuple[str | None, str | None], tuple[int, Callable[[str], bool]]] = {
    ("dose", "quantity"): (2, _is_dose),
    ("route", "route"): (2, _is_route),
    ("timing", "timing"): (7, _is_timing),
}


def _with(item: Item, attributes: Iterable[Attribute], types: Iterable[AttributeType]) -> Item:
    order = {type.key: place for place, type in enumerate(types)}
    return replace(item, attributes=tuple(sorted(attributes, key=lambda a: order.get(a.type, -1))))


def _with_row_head(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    """The item, with the words that head its row if nothing of their type belongs to it yet."""
    for type in types:
        if type.fhir != "test" or any(a.type == type.key for a in item.attributes):
            continue
        head = row_head(report, item.start) if item.start is not None else None
        if head:
            added = Attribute(type.key, report[slice(*head)], *head)
            return _with(item, (added, *item.attributes), types)
    return item
