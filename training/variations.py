"""A report in another form, with the same facts: a piece of it, or all of it in capitals. So the first line is read like the
third, and a single sentence like a letter."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TypeVar

from elmtex.text.normalisation import capitals, sentences
from elmtex.text.reading import reading
from elmtex.types import Attribute, Item, Record

_LONGEST_EXCERPT = 8  # sentences

Span = TypeVar("Span", Item, Attribute)


def excerpt(record: Record, rng: random.Random) -> Record:
    """A few neighbouring sentences of a record with their items.

    An item, or an attribute, that reaches beyond them is left out of the record.
    """
    read = reading(record.text)
    bounds = [read.span(*sentence) for sentence in sentences(read.text)]
    if len(bounds) < 2:
        return record
    first = rng.randrange(len(bounds))
    last = min(len(bounds), first + rng.randint(1, _LONGEST_EXCERPT)) - 1
    start, end = bounds[first][0], bounds[last][1]

    def inside(span: Item | Attribute) -> bool:
        return (
            span.start is not None
            and span.end is not None
            and start <= span.start
            and span.end <= end
        )

    def moved(span: Span) -> Span:
        assert span.start is not None and span.end is not None
        return replace(span, start=span.start - start, end=span.end - start)

    def now(item: Item) -> Item:
        return replace(
            moved(item), attributes=tuple(moved(a) for a in item.attributes if inside(a))
        )

    items = {key: tuple(now(i) for i in found if inside(i)) for key, found in record.items.items()}
    return replace(record, text=record.text[start:end], items=items)


def in_capitals(record: Record) -> Record:
    """The record in capitals; a letter whose capital is longer (ß) stays."""
    text = capitals(record.text)

    def now(item: Item) -> Item:
        attributes = tuple(replace(a, text=text[a.start : a.end]) for a in item.attributes)
        return replace(item, text=text[item.start : item.end], attributes=attributes)

    items = {key: tuple(map(now, found)) for key, found in record.items.items()}
    return replace(record, text=text, items=items)
