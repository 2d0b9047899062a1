"""What of a review has a time: absolute dates in their order, relative ones as they are said. No HTML here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from elmtex.review import ReviewedItem
from elmtex.schema import CategorySchema
from elmtex.types import Item
from elmtex.values import Date
from elmtex.values.dates import date as date_of
from elmtex.web.report_tab.highlight import is_evidence
from elmtex.web.report_tab.records import Part
from elmtex.web.report_tab.rows import Row

LONGEST = 4  # words of a date: "in March of 2014"


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a time.

    Args:
        row: where it stands in the tables.
        item: what happened.
        said: the words of the time.
        date: ISO 8601, no more exact than it is said; "" for a relative time.
        share: where it lies on the axis, 0 at the first date and 1 at the last; 0 for a relative time.
    """

    row: Row
    item: ReviewedItem
    said: Part
    date: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of a report: those with a date, by date, and the others in report order."""

    dated: tuple[Event, ...]
    relative: tuple[Event, ...]


def timeline(rows: Iterable[Row], schema: CategorySchema, report: str) -> Timeline:
    """The events of the rows that are kept; an attribute whose type is read as a date tells when."""
    dates = {t.key for t in schema.attributes if t.normaliser == "date"}
    dated: list[Event] = []
    relative: list[Event] = []
    for row in rows:
        if not row.lead.kept:
            continue
        times = [a for a in row.lead.item.attributes if a.type in dates]
        if not times and (inside := _dated_words(row.lead.item, report)):
            dated.append(Event(row, row.lead, *inside))
        for attribute in times:
            grounded = is_evidence(attribute, report)
            place = (attribute.start, attribute.end) if grounded else (None, None)
            said = Part(attribute.text, *place, attribute.type, attribute.start, attribute.text)
            if isinstance(attribute.value, Date):
                dated.append(Event(row, row.lead, said, attribute.value.date))
            else:
                relative.append(Event(row, row.lead, said))
    return Timeline(_placed(_once(dated)), tuple(_once(relative)))


def _once(events: Iterable[Event]) -> list[Event]:
    """The events without those that say the same: a disease, and the phrase around it, at the same words of a time."""
    kept: list[Event] = []
    for event in events:
        if not any(_same(event, other) for other in kept):
            kept.append(event)
    return kept


def _same(one: Event, other: Event) -> bool:
    if (one.said.start, one.said.end) != (other.said.start, other.said.end):
        return False
    a, b = one.item.item, other.item.item
    return None not in (a.start, b.start) and a.start < b.end and b.start < a.end  # type: ignore[operator]


def _dated_words(item: Item, report: str) -> tuple[Part, str] | None:
    """The date that an item's own words end with ("appendectomy in 1985"), of a category without an attribute for it."""
    if item.start is None or not is_evidence(item, report):
        return None
    starts = [match.start() for match in re.finditer(r"\S+", item.text)]
    for start in starts[1:][-LONGEST:]:
        found = date_of(item.text[start:])
        if found is not None:
            return Part(item.text[start:], item.start + start, item.end), found.date
    return None


def _placed(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events by date, each with its share of the axis."""
    days = sorted(((_day(event.date), event) for event in events), key=lambda pair: pair[0])
    if not days:
        return ()
    first, last = days[0][0], days[-1][0]
    length = max(last - first, 1)
    return tuple(Event(e.row, e.item, e.said, e.date, (day - first) / length) for day, e in days)


def _day(iso: str) -> int:
    """A date's day as a number; of a month or a year its first."""
    year, month, day = (*map(int, iso.split("-")), 1, 1)[:3]
    return date(year, month, day).toordinal()
