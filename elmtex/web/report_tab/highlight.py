"""Where the items of a document stand in its report: which overlap, and how high each is underlined. No HTML here."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from elmtex.types import Assertion, Attribute, Extraction, Item


@dataclass(frozen=True, slots=True)
class Evidence:
    """A grounded item as the report view needs it.

    Args:
        id: the item's id on the page, shared by its row and its words in the report.
        key: its category.
        start: first code point in the report.
        end: one past the last.
        assertion: how the report states it.
    """

    id: str
    key: str
    start: int
    end: int
    assertion: Assertion


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the report that is covered by the same items throughout.

    Args:
        start: first code point.
        end: one past the last; segments touch and cover the whole report.
        covering: the evidence over it, longest first; () between items.
    """

    start: int
    end: int
    covering: tuple[Evidence, ...]


def item_ids(extraction: Extraction) -> dict[tuple[str, int], str]:
    """The page's id of each item, by category key and position in the category."""
    places = [(key, n) for key, items in extraction.categories.items() for n in range(len(items))]
    return {place: f"i{number}" for number, place in enumerate(places)}


def is_evidence(found: Item | Attribute, report: str) -> bool:
    """Whether the words stand at their offsets; what has offsets that lie is shown as ungrounded."""
    if found.start is None or found.end is None:
        return False
    inside = 0 <= found.start < found.end <= len(report)
    return inside and report[found.start : found.end] == found.text


def evidence_of(extraction: Extraction, report: str) -> tuple[Evidence, ...]:
    """All items that point at the report."""
    ids = item_ids(extraction)
    return tuple(
        Evidence(ids[key, n], key, item.start, item.end, item.assertion)
        for key, items in extraction.categories.items()
        for n, item in enumerate(items)
        if item.start is not None and item.end is not None and is_evidence(item, report)
    )


def segments(length: int, evidence: Iterable[Evidence], cuts: Iterable[int] = ()) -> list[Segment]:
    """Cut a report of ``length`` code points at every boundary of an item, and at ``cuts``.

    Spans may nest, overlap, touch and repeat. Joined, the segments give the report back.
    """
    opening: dict[int, list[Evidence]] = {}
    closing: dict[int, list[Evidence]] = {}
    for piece in evidence:
        opening.setdefault(piece.start, []).append(piece)
        closing.setdefault(piece.end, []).append(piece)
    bounds = sorted({0, length, *opening, *closing, *cuts})
    live: dict[str, Evidence] = {}
    result = []
    for start, end in itertools.pairwise(bounds):
        for piece in closing.get(start, ()):
            del live[piece.id]
        live.update((piece.id, piece) for piece in opening.get(start, ()))
        covering = sorted(live.values(), key=lambda e: (e.start - e.end, e.start, e.id))
        result.append(Segment(start, end, tuple(covering)))
    return result


def lanes(evidence: Iterable[Evidence]) -> dict[str, int]:
    """The underline's height of each piece of evidence, 0 nearest the words.

    Short spans lie nearer than the long ones around them, and one span keeps its lane from end to end, so that
    its line does not jump where another begins. Items of one category on the same span share a lane.
    """
    taken: list[list[tuple[int, int]]] = []
    placed: dict[tuple[str, int, int], int] = {}
    result: dict[str, int] = {}
    for piece in sorted(evidence, key=lambda e: (e.end - e.start, e.start, e.id)):
        look = (piece.key, piece.start, piece.end)
        if look not in placed:
            lane = 0
            while lane < len(taken) and any(
                piece.start < end and start < piece.end for start, end in taken[lane]
            ):
                lane += 1
            if lane == len(taken):
                taken.append([])
            taken[lane].append((piece.start, piece.end))
            placed[look] = lane
        result[piece.id] = placed[look]
    return result
