"""The text around an item, and whose disease it is."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator

from elmtex.exporters.fhir.relatives import relatives
from elmtex.exporters.fhir.resources import Around
from elmtex.schema import CategorySchema, Fhir
from elmtex.text.normalisation import sentences
from elmtex.text.reading import reading
from elmtex.text.result_line import date_above
from elmtex.types import Extraction, Item
from elmtex.values.dates import date

_FAMILY_HISTORY = "FamilyMemberHistory"
_FAMILY = re.compile(
    r"\b(?:family|familial|famil\w*anamnese|familiär\w*|verwandte\w*|relatives?)\b|\bFA:", re.I
)
_NEAR = 300  # characters of a sentence on either side of an item
# "Her father had cancer, but the patient only has haemorrhoids"
_PATIENT = re.compile(r"\b(?:patient\w*|himself|herself|themselves|selbst)\b", re.I)


class Sentences:
    """Finds the text around an item; nothing without the report, or when the item is not in it."""

    def __init__(self, report: str) -> None:
        self._report = report
        read = reading(report)
        ends = [read.span(*sentence)[1] for sentence in sentences(read.text)]
        self._ends = [*ends[:-1], len(report)]

    def around(self, item: Item) -> Around:
        start, end = item.start, item.end
        if start is None or end is None or self._report[start:end] != item.text:
            return Around()
        first = bisect.bisect_right(self._ends, start)
        begin = self._ends[first - 1] if first else 0
        stop = self._ends[bisect.bisect_left(self._ends, end)]
        # Bounded, so that a report without a full stop costs no more than another.
        begin, stop = max(begin, start - _NEAR), min(stop, end + _NEAR)
        head = date_above(self._report, start, end)
        day = date(self._report[slice(*head)]) if head else None
        return Around(self._report[begin:start], self._report[end:stop], day.date if day else None)


class Spans:
    """Finds the items of some categories whose words hold another item's.

    Args:
        extraction: the document.
        schema: its schema.
        chosen: tells the categories by what they are in FHIR.
    """

    def __init__(
        self, extraction: Extraction, schema: CategorySchema, chosen: Callable[[Fhir], bool]
    ) -> None:
        spans = [
            (item.start, item.end, item)
            for key, items in extraction.categories.items()
            if chosen(schema.category(key).fhir)
            for item in items
            if item.start is not None and item.end is not None
        ]
        self._spans = sorted(spans, key=lambda span: span[:2])
        self._longest = max((end - start for start, end, _ in self._spans), default=0)

    def around(self, item: Item) -> Iterator[tuple[int, Item]]:
        """Those that hold all of the item's words, each with where it starts."""
        if item.start is None or item.end is None:
            return
        first = bisect.bisect_left(self._spans, (item.end - self._longest,), key=lambda s: s[:1])
        for start, end, holder in self._spans[first:]:
            if start > item.start:
                break
            if end >= item.end:
                yield start, holder

    def inside(self, item: Item) -> bool:
        """Whether the item's words hold one of them."""
        if item.start is None or item.end is None:
            return False
        first = bisect.bisect_left(self._spans, (item.start,), key=lambda s: s[:1])
        for start, end, _ in self._spans[first:]:
            if start >= item.end:
                break
            if end <= item.end:
                return True
        return False


class Families:
    """Finds the diseases of relatives among the items of all categories."""

    def __init__(self, extraction: Extraction, schema: CategorySchema, places: Sentences) -> None:
        self._places = places
        self._relatives = Spans(extraction, schema, lambda fhir: fhir.resource == _FAMILY_HISTORY)

    def hold(self, item: Item) -> bool:
        """Whether an item's words are those of a family history, so that the disease is a
        relative's."""
        return any(
            self._about(relative, relative.text[: (item.start or 0) - start])
            for start, relative in self._relatives.around(item)
        )

    def _about(self, relative: Item, before: str) -> bool:
        """Whether the sentence is about a relative; else what the model put twice may well be the
        patient's."""
        if _PATIENT.search(before):
            return False
        place = self._places.around(relative)
        said = place.before + relative.text + place.after
        return bool(relatives(said) or _FAMILY.search(said))
