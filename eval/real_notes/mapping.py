"""What of a document answers Kiwi's entities and modifiers (arXiv 2411.10020). The guidelines are
others than ours, so part of every disagreement is the mapping's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from corpora.kiwi import MODIFIERS_OF
from corpora.shared.spans import grounded_span, without_overlap
from elmtex.exporters.fhir.wording import is_operation
from elmtex.exporters.normal import is_normal
from elmtex.extractors.listed_drugs import is_named
from elmtex.schema import load_schema
from elmtex.text.normalisation import trimmed
from elmtex.types import Attribute, Extraction, Item
from eval.metrics.documents import FAILURES, normalise

# Kiwi's modifier -> our attribute types. () is not measured: we have no type for it. Strength ("40 mg") and dosage
# ("2 puffs") are one dose here. What describes a course ("chronic") is one of many things that our
# detail holds; a form ("tablet") is part of the drug. Negation and uncertain are the item's assertion: their sign is
# measured, their words are not. A relative's disease is a problem here, too; whose it is (subject) is not measured.
TYPES_OF: Mapping[str, tuple[str, ...]] = {
    "bodyloc": ("body_site",),
    "severity": ("severity",),
    "temporal": ("when",),
    "labvalue": ("value",),
    "strength": ("dose",),
    "dosage": ("dose",),
    "route": ("route",),
    "frequency": ("frequency",),
    "duration": ("duration",),
    "course": (),
    "form": (),
    "reference_range": (),
    "condition": (),
    "subject": (),
    "negation": (),
    "uncertain": (),
}
NOT_MEASURED = tuple(modifier for modifier, types in TYPES_OF.items() if not types)

# Our categories -> Kiwi's entities. Operations of the history are treatments; values give their tests. An allergy is a
# problem, what someone is allergic to a drug.
ENTITY_OF: Mapping[str, str] = {
    "signs_symptoms": "problem",
    "diagnosis": "problem",
    "comorbidities": "problem",
    "medical_surgical_history": "problem",
    "family_history": "problem",
    "pathology": "problem",
    "diagnostic_techniques_procedures": "test",
    "interventional_therapy": "treatment",
    "pharmacological_therapy": "drug",
}
_HISTORY, _VALUES, _PATHOLOGY = "medical_surgical_history", "laboratory_values", "pathology"
_ALLERGIES, _SIGNS = "allergies", load_schema("clinical").category("signs_symptoms")
_TEST_NAME = re.compile(
    r"\s*([^\d]*?)[\s:=<>≤≥~]*(?:\b(?:is|was|of|at)\b)?[\s:=<>≤≥~]*\d"
)  # of "CRP: 12 mg/l"
_NO_SUBSTANCE = re.compile(r"allerg|\Ano(?:ne|thing)?\b|\ANKD?A\Z", re.IGNORECASE)
_DETERMINER = re.compile(r"\A(?:an?|the|his|her|their|its|this|that|these|those) ")
_LEADING = re.compile(r"(?:and|at|for|of|to|with) ")
_TRAILING = re.compile(r" (?:and|at|for|in|of|to|with)\Z")


def row_of(modifier: str) -> str:
    """The row a modifier is counted in: those that the same types of ours answer share one."""
    types = TYPES_OF[modifier]
    return "+".join(m for m, others in TYPES_OF.items() if others == types) if types else modifier


ROWS = tuple(dict.fromkeys(row_of(m) for m, types in TYPES_OF.items() if types))
_ROWS_OF: Mapping[str, Mapping[str, str]] = {
    entity: {type: row_of(m) for m in modifiers for type in TYPES_OF[m]}
    for entity, modifiers in MODIFIERS_OF.items()
}


def gold_rows(items: Iterable[Item]) -> tuple[Item, ...]:
    """Kiwi's items, their modifiers named by row; those that are not measured are left out."""
    return tuple(
        replace(
            item,
            attributes=tuple(
                replace(a, type=row_of(a.type)) for a in item.attributes if TYPES_OF[a.type]
            ),
        )
        for item in items
    )


def as_kiwi(document: Extraction, *, with_normal: bool = True) -> dict[str, tuple[Item, ...]]:
    """The document's items by Kiwi's entity, in report order and without overlap; attributes are
    named by row. A failed document has none.

    Args:
        document: what a model made of a note.
        with_normal: with the normal findings ("lungs clear"), which are no problems to Kiwi.
    """
    found: dict[str, list[Item]] = {entity: [] for entity in MODIFIERS_OF}
    categories = {} if document.status in FAILURES else document.categories
    for category, items in categories.items():
        for item in items:
            if not item.grounded:
                continue
            if not with_normal and category == _SIGNS.key and is_normal(item, _SIGNS):
                continue
            if category == _HISTORY and is_operation(item.text):
                found["treatment"].append(item)
            elif category == _ALLERGIES:
                found["problem" if _NO_SUBSTANCE.search(item.text) else "drug"].append(item)
            elif category in ENTITY_OF:
                found[ENTITY_OF[category]].append(item)
    found["test"] = list(_tests(found["test"], categories))
    return {
        entity: without_overlap(
            (_with_rows(_name(item) if entity == "drug" else item, entity) for item in items),
            unique=False,
        )
        for entity, items in found.items()
    }


def _tests(
    procedures: Iterable[Item], categories: Mapping[str, tuple[Item, ...]]
) -> Iterator[Item]:
    """The procedures, and the tests that values name: each span once, with the attributes of both."""
    tests = {grounded_span(item): item for item in procedures}
    for category in (_VALUES, _PATHOLOGY):
        for item in categories.get(category, ()):
            named = [a for a in item.attributes if a.type == "test" and a.start is not None]
            values = tuple(a for a in item.attributes if a.type == "value")
            if not named and category == _VALUES and item.grounded:
                named = list(_named_before(item, tests))
            for test in named:
                one = Item(test.text, test.start, test.end, item.assertion)
                one = tests.get(grounded_span(one), one)
                merged = {(a.type, a.start, a.end): a for a in (*one.attributes, *values)}
                tests[grounded_span(one)] = replace(one, attributes=tuple(merged.values()))
    yield from tests.values()


def _named_before(item: Item, tests: Iterable[tuple[int, int]]) -> Iterator[Attribute]:
    """The words before the number of a value, where no procedure is marked there already."""
    start, end = grounded_span(item)
    if any(a < end and start < b for a, b in tests):
        return
    if match := _TEST_NAME.match(item.text):
        first, last = trimmed(item.text, *match.span(1))
        if first < last:
            yield Attribute("test", item.text[first:last], start + first, start + last)


def _name(item: Item) -> Item:
    """A drug as Kiwi marks it: the longest part of its span that holds no dose, route, form and so on;
    all of it where its attributes are not known."""
    start, end = grounded_span(item)
    cuts = sorted(
        (max(start, a.start), min(end, a.end))
        for a in item.attributes
        if a.type in _ROWS_OF["drug"]
        and a.start is not None
        and a.end is not None
        and start < a.end
        and a.start < end
    )
    bounds = [start, *(bound for cut in cuts for bound in cut), end]
    parts = [
        _without_edges(item.text, *trimmed(item.text, first - start, last - start))
        for first, last in zip(bounds[::2], bounds[1::2], strict=True)
        if first < last
    ]
    named = [p for p in parts if p[0] < p[1] and is_named(item.text[slice(*p)])] or parts
    first, last = max(named, key=lambda part: part[1] - part[0], default=(0, 0))
    if first == last:
        return item
    return replace(item, text=item.text[first:last], start=start + first, end=start + last)


def _without_edges(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without what joined the name to a dose that was cut off: "lisinopril to", "of lisinopril"."""
    if first := _LEADING.match(text, start, end):
        start = first.end()
    if last := _TRAILING.search(text, start, end):
        end = last.start()
    return start, end


def _with_rows(item: Item, entity: str) -> Item:
    rows = _ROWS_OF[entity]
    attributes = {
        (rows[a.type], a.start, a.end): replace(a, type=rows[a.type])
        for a in item.attributes
        if a.type in rows and a.start is not None
    }
    return replace(item, attributes=tuple(attributes.values()))


def first_mentions(items: Iterable[Item]) -> tuple[Item, ...]:
    """Each thing once, as it is first said: a document lists facts, not mentions. "Her Coumadin" is said of "Coumadin"."""
    first: dict[str, Item] = {}
    for item in sorted(items, key=lambda item: (item.start or 0, item.end or 0)):
        first.setdefault(_DETERMINER.sub("", normalise(item.text)), item)
    return tuple(first.values())
