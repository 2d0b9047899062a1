"""Text marked up with its items: ``[label|words]`` is a span of a category, ``[label!|words]`` an
absent one, ``[label?|words]`` a possible one; spans nest. Synthetic and written reports are made in
it, so their spans are known.

``{type|words}`` is an attribute of the innermost item around it whose category has that type:
``[drug|aspirin {dose|300 mg}]``. One outside its item names it by a number: ``[sx#1|cough]
{when#1|for 3 days}``, or several: ``{when#1#2|today}``. Of ``[val|[test|CRP] {value|12 mg/l}]`` the
attribute ``test`` follows from the nesting, and the value is the inner test's, too.

Labels and types are those of a :class:`Notation`: the short ones of ``LABELS``, or another
schema's own keys.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from corpora import maccrobat
from corpora.maccrobat import CATEGORIES
from corpora.shared.spans import item_at, without_overlap
from elmtex.schema import CategorySchema, load_schema
from elmtex.types import Assertion, Attribute, Item, Record

LABELS: Mapping[str, str] = {
    "hab": "life_style",
    "fam": "family_history",
    "soc": "social_history",
    "hx": "medical_surgical_history",
    "sx": "signs_symptoms",
    "com": "comorbidities",
    "test": "diagnostic_techniques_procedures",
    "dx": "diagnosis",
    "val": "laboratory_values",
    "path": "pathology",
    "drug": "pharmacological_therapy",
    "surg": "interventional_therapy",
    "out": "patient_outcome_assessment",
    "age": "age",
    "sex": "gender",
    "alg": "allergies",
    "plan": "plan",
}


@dataclass(frozen=True, slots=True)
class Notation:
    """The labels and attribute types that a marked-up text may have.

    Args:
        labels: the category by label.
        types: the attribute types that items of each category may have.
        order: all types, in the order in which an item lists them.
        nests_tests: a test inside a value is the value's, and the value is the test's.
    """

    labels: Mapping[str, str]
    types: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]
    nests_tests: bool = False

    @classmethod
    def of(cls, schema: CategorySchema) -> Notation:
        """A schema's own: its keys are the labels."""
        types = {c.key: tuple(t.key for t in c.attributes) for c in schema.categories}
        return cls({key: key for key in types}, types, tuple(t.key for t in schema.attributes))


_ASSERTIONS: Mapping[str, Assertion] = {"": "present", "!": "absent", "?": "possible"}
# The types whose attributes a marked-up report marks.
ATTRIBUTES = (*maccrobat.ATTRIBUTES, "status", "reaction")
_CLINICAL = load_schema("clinical")
CLINICAL = _CLINICAL.keys
_SHORT = Notation(LABELS, Notation.of(_CLINICAL).types, ATTRIBUTES, nests_tests=True)
_VALUES = ("laboratory_values", "pathology")
_TEST = "diagnostic_techniques_procedures"
_MARK = re.compile(
    r"\[(?P<label>\w+)(?P<assertion>[!?]?)(?:#(?P<number>\d+))?\||\{(?P<type>\w+)(?P<of>(?:#\d+)*)\||\]|\}"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a category in the finished text, half-open code points, with the spans of its
    attributes by type."""

    category: str
    start: int
    end: int
    assertion: Assertion
    attributes: tuple[tuple[str, int, int], ...] = ()


@dataclass
class _Open:
    """A mark whose bracket is not closed yet: an item's (``category``) or an attribute's
    (``type``)."""

    start: int
    category: str = ""
    assertion: Assertion = "present"
    number: str = ""
    type: str = ""
    of: tuple[str, ...] = ()
    attributes: list[tuple[str, int, int]] = field(default_factory=list)


def read_markup(markup: str, notation: Notation = _SHORT) -> tuple[str, list[Mark]]:
    """The text without its marks, and the marks.

    Raises:
        ValueError: brackets do not match, a label or type is unknown, an attribute belongs to no
            item, or a span is empty or begins or ends with white space.
    """
    parts: list[str] = []
    length = place = 0
    stack: list[_Open] = []
    closed: list[tuple[_Open, int]] = []
    beside: list[tuple[_Open, int]] = []
    for match in _MARK.finditer(markup):
        words = markup[place : match.start()]
        parts.append(words)
        length, place = length + len(words), match.end()
        if match["label"] or match["type"]:
            stack.append(_opened(match, length, notation))
            continue
        if not stack or bool(stack[-1].type) != (match[0] == "}"):
            raise ValueError(f"a bracket {match[0]!r} closes what was never opened")
        mark = stack.pop()
        _check_span("".join(parts)[mark.start :], mark)
        if not mark.type:
            closed.append((mark, length))
        elif mark.of:
            beside.append((mark, length))
        else:
            _owner(mark, stack, notation).attributes.append((mark.type, mark.start, length))
    if stack:
        raise ValueError(f"a bracket of {stack[-1].category or stack[-1].type} is never closed")
    for mark, end in beside:
        for number in mark.of:
            owner = next((m for m, _ in closed if m.number == number), None)
            if owner is None or mark.type not in notation.types[owner.category]:
                raise ValueError(
                    f"{mark.type}#{number} belongs to no item that has such an attribute"
                )
            owner.attributes.append((mark.type, mark.start, end))
    if notation.nests_tests:
        _nest_tests(closed)

    def order(attribute: tuple[str, int, int]) -> tuple[int, int, int]:
        return notation.order.index(attribute[0]), attribute[1], attribute[2]

    text = "".join(parts) + markup[place:]
    return text, [
        Mark(m.category, m.start, end, m.assertion, tuple(sorted({*m.attributes}, key=order)))
        for m, end in closed
    ]


def _opened(match: re.Match[str], start: int, notation: Notation) -> _Open:
    if match["type"]:
        if match["type"] not in notation.order:
            raise ValueError(f"no attribute type is called {match['type']!r}")
        return _Open(start, type=match["type"], of=tuple(match["of"].split("#")[1:]))
    if match["label"] not in notation.labels:
        raise ValueError(f"no category has the label {match['label']!r}")
    category, assertion = notation.labels[match["label"]], _ASSERTIONS[match["assertion"]]
    return _Open(start, category, assertion, number=match["number"] or "")


def _check_span(words: str, mark: _Open) -> None:
    if not words or words != words.strip():
        raise ValueError(f"an ill-formed span of {mark.category or mark.type}")


def _owner(attribute: _Open, stack: Sequence[_Open], notation: Notation) -> _Open:
    for mark in reversed(stack):
        if not mark.type and attribute.type in notation.types[mark.category]:
            return mark
    raise ValueError(f"{attribute.type} is in no item that has such an attribute")


def _nest_tests(closed: Sequence[tuple[_Open, int]]) -> None:
    """A test inside a value is the value's test, and the value is the test's."""
    for outer, end in closed:
        if outer.category not in _VALUES:
            continue
        values = [a for a in outer.attributes if a[0] == "value"]
        for inner, inner_end in closed:
            if inner.category == _TEST and outer.start <= inner.start and inner_end <= end:
                outer.attributes.append(("test", inner.start, inner_end))
                inner.attributes += values


def record_of(
    text: str,
    marks: Sequence[Mark],
    id: str,
    source: str,
    lang: str,
    categories: Sequence[str] = CATEGORIES,
) -> Record:
    """The record of a text in which every item of the categories is marked, and, if any is, every
    attribute."""
    kept = items_of(text, marks, categories)
    # Tests follow from nesting; only one who marks attributes marks any other.
    marked = any(type != "test" for mark in marks for type, _, _ in mark.attributes)
    if not marked:
        kept = {
            key: tuple(replace(item, attributes=()) for item in found)
            for key, found in kept.items()
        }
    types = ATTRIBUTES if marked else ()
    return Record(id, source, lang, text, tuple(categories), kept, attributes=types)


def items_of(
    text: str, marks: Sequence[Mark], categories: Sequence[str]
) -> dict[str, tuple[Item, ...]]:
    """The items of the categories, with their attributes, in report order."""
    items: dict[str, list[Item]] = defaultdict(list)
    for mark in marks:
        attributes = tuple(Attribute(t, text[a:b], a, b) for t, a, b in mark.attributes)
        item = item_at(text, mark.start, mark.end, mark.assertion)
        items[mark.category].append(replace(item, attributes=attributes))
    return {key: without_overlap(items[key], unique=False) for key in categories}
