"""Reviewed reports as training data: which are held out, and what a review leaves to be understood."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from elmtex.schema import CategorySchema
from elmtex.text.align import occurrences
from elmtex.text.normalisation import case_folded
from elmtex.types import Item, Record

EVERY = 5  # of so many reports one is held out,
HELD_OUT = 2  # and at least so many
_LONG_ENOUGH = 4  # characters of words that mean the same wherever they stand


def split(reviews: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """The reports to learn from, and those held out: every :data:`EVERY`-th and at least :data:`HELD_OUT`, in an order that
    neither their time nor their file decides."""
    order = sorted(
        reviews, key=lambda r: hashlib.sha256(r.text.encode("utf-8", "replace")).digest()
    )
    count = max(HELD_OUT, -(-len(order) // EVERY))
    return order[count:], order[:count]


def with_repeated_words(record: Record, schema: CategorySchema) -> Record:
    """The record with an item wherever the words of one stand again.

    A review names a thing once, at its first mention; without this, training would teach that the next mention is none.
    Left out are words with digits or of under :data:`_LONG_ENOUGH` characters, which may mean something else there, words
    that have several assertions, and categories of measurements, where a review names every mention.
    """
    items = dict(record.items)
    taken = [(i.start, i.end) for row in items.values() for i in row if i.start is not None]
    for key in set(items) - schema.repeated:
        row = [item for item in items[key] if item.grounded]
        for words in {case_folded(item.text) for item in row}:
            same = [item for item in row if case_folded(item.text) == words]
            if len(words) < _LONG_ENOUGH or any(c.isdigit() for c in words):
                continue
            if len({item.assertion for item in same}) > 1:
                continue
            first = same[0].text
            found = {*occurrences(record.text, first)}
            found.update(occurrences(record.text, first[0].swapcase() + first[1:]))
            for start, end in sorted(found):
                if all(end <= a or b <= start for a, b in taken if a is not None and b is not None):
                    taken.append((start, end))
                    again = Item(record.text[start:end], start, end, same[0].assertion)
                    items[key] = (*items[key], again)
        items[key] = tuple(sorted(items[key], key=lambda i: -1 if i.start is None else i.start))
    return replace(record, items=items)
