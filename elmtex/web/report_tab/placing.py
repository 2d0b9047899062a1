"""Where words that a reviewer selected or typed stand in the report: those of an item, or of one of its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from elmtex.extractors.values import with_values
from elmtex.review import Entry, ReviewedItem
from elmtex.types import Attribute, InputError, Item


def placed(fields: Mapping[str, Any], report: str, near: int) -> Item:
    """The item with its span: the one selected, else the nearest place where these words stand, else none.

    Args:
        fields: ``text``, ``start``, ``end`` and ``assertion`` of a command.
        report: the report.
        near: the place, a code point, to which the nearest is chosen.

    Raises:
        InputError: it has no words.
    """
    span = _span(fields, report, near)
    if span is None:
        return Item(fields["text"].strip(), None, None, fields["assertion"])
    return Item(report[slice(*span)], *span, fields["assertion"])


def with_cell(before: ReviewedItem, fields: Mapping[str, Any], entry: Entry) -> Item:
    """The item with one attribute put in, changed or taken out.

    Args:
        before: the item.
        fields: of the command: the attribute's ``type``, ``at`` and ``was`` where it begins and its words so far ("" for
            a new one), ``text`` its new words ("" takes it out), ``start`` and ``end`` where they were selected.
        entry: the report under review.

    Raises:
        InputError: the item has no such attribute, or its category none of this type.
    """
    item, category = before.item, entry.schema.category(before.category)
    order = [t.key for t in category.attributes]
    type, was = fields["type"], fields["was"]
    kept = [a for a in item.attributes if (a.type, a.start, a.text) != (type, fields["at"], was)]
    if type not in order or (was and len(kept) == len(item.attributes)):
        raise InputError("this attribute is no longer there: look at the item again")
    if fields["text"].strip():
        span = _span(fields, entry.text, item.start or 0)
        words = entry.text[slice(*span)] if span else fields["text"].strip()
        kept.append(Attribute(type, words, *(span or (None, None))))
    kept.sort(key=lambda a: (order.index(a.type) if a.type in order else -1, a.start or 0))
    changed = replace(item, attributes=tuple(kept))
    valued = with_values({category.key: (changed,)}, entry.schema, entry.text)
    return valued[category.key][0]


def _span(fields: Mapping[str, Any], report: str, near: int) -> tuple[int, int] | None:
    """The span of the selected or typed words; None where the report does not have them."""
    start, end = fields["start"], fields["end"]
    if start is not None and end is not None and 0 <= start < end <= len(report):
        chosen = report[start:end]
        begin = start + len(chosen) - len(chosen.lstrip())
        end = begin + len(chosen.strip())
        # A browser's text box turns CR LF into LF: words are compared by their letters, taken from the report.
        if begin < end and chosen.split() == fields["text"].split():
            return begin, end
    words = fields["text"].strip()
    if not words:
        raise InputError("an item needs words")
    # A browser's text box has turned CR LF into LF.
    for written in (words, words.replace("\n", "\r\n")):
        before = report.rfind(written, 0, near + len(written))
        places = [at for at in (before, report.find(written, near)) if at >= 0]
        if places:
            begin = min(places, key=lambda at: abs(at - near))
            return begin, begin + len(written)
    return None
