"""What stands under a heading of microscopy is pathology."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from elmtex.extractors.places.kinds import NEAR, first_of, in_order, is_of_signs
from elmtex.extractors.spans import Spans
from elmtex.schema import Category
from elmtex.text.sections import Sectioned
from elmtex.types import Item

_MEASURED = re.compile(r"\d(?![\d.,]*\s?%)[\d.,]*\s?[^\W\d]|\d\Z")  # not "Ki-67 3 %"
# Under such a heading tissue is described: in all of the paragraph, or in the first sentence
_MICROSCOPY = re.compile(
    r"ma[ck]roskop|mi[ck]roskop|microscopic|immunhisto|immunohisto|\bgross description",
    re.IGNORECASE,
)
_HISTOLOGY = re.compile(r"histolog", re.IGNORECASE)
# But not what the patient says, or that the result is not there yet
_NO_TISSUE = re.compile(
    r"\b(?:klagt|berichtet|complains?|reports?|denies|seit \d|for \d|fieber|fever|\w*schmerz\w*|ausstehend|pending|(?<!wie )folgt|awaited)\b",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_LINE_END = re.compile(r"[\r\n]")


def with_tissue(
    categories: dict[str, tuple[Item, ...]], kinds: Mapping[str, Category], sections: Sectioned
) -> dict[str, tuple[Item, ...]]:
    """The items; signs and results under a heading of microscopy are pathology, where the schema has such a category."""
    tissue = first_of(kinds, _is_of_tissue)
    if tissue is None:
        return categories
    moving = [k for k, c in kinds.items() if c.fhir.quantity or is_of_signs(c)]

    described = _described(sections)
    if not described:
        return categories
    starts = [start for start, _ in described]

    def stays(item: Item, key: str) -> bool:
        place = bisect_right(starts, item.start or 0) - 1
        if item.start is None or place < 0 or item.start >= described[place][1]:
            return True
        if kinds[key].fhir.quantity:
            return bool(_MEASURED.search(item.text))
        near = max(sections.sentence(item.start)[0], item.start - NEAR)
        return bool(_NO_TISSUE.search(sections.report, near, item.end or 0))

    moved = [item for key in moving for item in categories.get(key, ()) if not stays(item, key)]
    if not moved:
        return categories
    both, known = list(categories.get(tissue, ())), Spans.of(categories.get(tissue, ()))
    for item in sorted(moved, key=lambda i: (i.start or 0, -(i.end or 0))):
        if item.start is not None and item.end is not None and not known.meet(item):
            both.append(replace(item, attributes=()))
            known.add(item.start, item.end)
    rest = {key: tuple(i for i in categories.get(key, ()) if stays(i, key)) for key in moving}
    return {**categories, **rest, tissue: in_order(*both)}


def _described(sections: Sectioned) -> list[tuple[int, int]]:
    """Where tissue is described: a heading within a line covers this line, one above a paragraph the paragraph, and "Histology" a sentence."""
    report, found = sections.report, list[tuple[int, int]]()
    for section in sections.sections:
        words = report[slice(*section.heading)] if section.heading else ""
        if not (_MICROSCOPY.search(words) or _HISTOLOGY.search(words)):
            continue
        start, end = section.body
        start += len(report[start:end]) - len(report[start:end].lstrip())
        over = _BLANK_LINE if _LINE_END.search(report, section.body[0], start) else _LINE_END
        if stop := over.search(report, start, end):
            end = stop.start()
        if not _MICROSCOPY.search(words):
            end = min(end, sections.sentence(start)[1])
        found.append((start, end))
    return found


def _is_of_tissue(category: Category) -> bool:
    is_result = category.fhir.resource == "Observation" and not category.fhir.quantity
    return is_result and any(type.fhir == "test" for type in category.attributes)
