"""Each item once: as past or as present, denied or listed, as a problem or as a test."""

from __future__ import annotations

import re
from collections.abc import Mapping

from elmtex.extractors.places.allergies import NONE, REACTION
from elmtex.extractors.places.kinds import is_past, items_of, of_resource, spans_of
from elmtex.extractors.places.past import PAST, PAST_LENGTH
from elmtex.schema import Category
from elmtex.types import Item

_DIGIT = re.compile(r"\d")
_ONLY_NONE = re.compile(r"(?:no(?:ne|thing)?|nil|keine?)(?: known| bekannt)?", re.IGNORECASE)


def each_once(
    categories: Mapping[str, tuple[Item, ...]], kinds: Mapping[str, Category], report: str
) -> dict[str, tuple[Item, ...]]:
    """The items, each once: a past disease that history lists, „Z. n. Infarkt“, is no present one, "No drug allergies" is
    not listed beside the allergies that it denies, nor what somebody is allergic to among the drugs."""
    past = spans_of(categories, kinds, is_past)
    deniable = ("Condition", "AllergyIntolerance")
    denied = spans_of(
        categories, kinds, lambda c: c.fhir.resource in deniable, lambda i: i.assertion == "absent"
    )
    allergy = of_resource("AllergyIntolerance")
    allergens = spans_of(categories, kinds, allergy, lambda i: i.assertion != "absent")
    substances = spans_of(
        categories,
        kinds,
        allergy,
        lambda i: i.assertion != "absent" and not REACTION.fullmatch(i.text),
    )
    denials = [i for i in items_of(categories, kinds, allergy) if i.assertion == "absent"]
    denied_allergies = {(i.start, i.end) for i in denials}
    denial = any(not _ONLY_NONE.fullmatch(i.text) for i in denials)

    def stays(item: Item, category: Category) -> bool:
        resource = category.fhir.resource
        if resource == "AllergyIntolerance" and REACTION.fullmatch(item.text):
            return not substances
        if resource == "AllergyIntolerance" and denial and item.assertion == "absent":
            return not _ONLY_NONE.fullmatch(item.text)  # "Allergies: none"
        if resource == "MedicationStatement" and not _DIGIT.search(item.text):
            return not allergens.meet(item)
        if resource != "Condition" or item.start is None:
            return True
        if item.assertion == "present" and NONE.match(item.text):
            return not denied.meet(item)
        if item.assertion == "absent" and (item.start, item.end) in denied_allergies:
            return False
        if category.fhir.clinical_status != "active":
            return True
        before = report[max(0, item.start - PAST_LENGTH) : item.start]
        return not (PAST.search(before) and past.meet(item))

    return {
        key: tuple(i for i in items if stays(i, kinds[key])) for key, items in categories.items()
    }


def of_one_kind(
    categories: Mapping[str, tuple[Item, ...]], kinds: Mapping[str, Category]
) -> dict[str, tuple[Item, ...]]:
    """The items; of the same words as a problem and as a test or its result stays the surer one, and the problem
    where no number is in them or they are equally sure."""
    problems = [k for k, c in kinds.items() if c.fhir.clinical_status == "active"]
    tests = [k for k, c in kinds.items() if c.fhir.resource == "Procedure" or c.fhir.quantity]
    sure: list[dict[tuple[int, int], float]] = [{}, {}]
    for one, keys in zip(sure, (problems, tests), strict=True):
        for item in (i for key in keys for i in categories.get(key, ())):
            if item.start is not None and item.end is not None and item.confidence is not None:
                span = item.start, item.end
                one[span] = max(one.get(span, 0), item.confidence)
    both = sure[0].keys() & sure[1].keys()
    if not both:
        return dict(categories)

    def stays(item: Item, key: str) -> bool:
        if (key not in problems and key not in tests) or item.start is None or item.end is None:
            return True
        if (span := (item.start, item.end)) not in both:
            return True
        measured = sure[1][span] > sure[0][span] and bool(_DIGIT.search(item.text))
        return (key in tests) == measured

    return {key: tuple(i for i in items if stays(i, key)) for key, items in categories.items()}
