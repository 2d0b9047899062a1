"""Mention replacement: a gold item's text is replaced by another of its category, so that a few
reports teach more words than they hold and are not memorised (Dai and Adel, An Analysis of Simple
Data Augmentation for Named Entity Recognition, 2020)."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from corpora.shared.spans import grounded_span
from elmtex.types import Item, Record

Pools = Mapping[tuple[str, str | None, str], Sequence[str]]  # by language, schema, category


def pools(records: Sequence[Record]) -> Pools:
    """The texts of all items by language and category, each as often as it occurs. Categories of
    schemas that records name are apart: a wound's size is no nodule's."""
    found: defaultdict[tuple[str, str | None, str], list[str]] = defaultdict(list)
    for record in records:
        for key, items in record.items.items():
            found[record.lang, record.schema, key] += [item.text for item in items if item.grounded]
    return found


def with_replaced_mentions(
    record: Record, pools: Pools, share: float, rng: random.Random
) -> Record:
    """The record with the text of a random fraction of its items replaced by others of their
    category.

    An item that touches another one, or an attribute, stays as it is; so does every character
    outside the items.
    """
    spans = sorted(
        (*grounded_span(item), key, item.text)
        for key, items in record.items.items()
        for item in items
        if item.grounded
    )
    attributes = [
        (a.start, a.end)
        for items in record.items.values()
        for item in items
        for a in item.attributes
        if a.start is not None and a.end is not None
    ]
    edits: list[tuple[int, int, str]] = []
    reached = 0
    for i, (start, end, key, words) in enumerate(spans):
        alone = reached <= start and (i + 1 == len(spans) or end <= spans[i + 1][0])
        reached = max(reached, end)
        alone = alone and not any(a < end and start < b for a, b in attributes)
        if alone and rng.random() < share:
            other = rng.choice(pools[record.lang, record.schema, key])
            edits.append((start, end, _cased(other, words)))
    return _edited(record, edits)


def _cased(text: str, like: str) -> str:
    """``text`` with the case of the first letter of ``like``, unless either begins with an
    abbreviation."""
    if text[1:2].isupper() or like[1:2].isupper():
        return text
    return (text[:1].upper() if like[:1].isupper() else text[:1].lower()) + text[1:]


def _edited(record: Record, edits: Sequence[tuple[int, int, str]]) -> Record:
    """The record with stretches of its text replaced, in order, none cutting an item in two."""
    parts, last = [], 0
    for start, end, new in edits:
        parts += [record.text[last:start], new]
        last = end
    text = "".join([*parts, record.text[last:]])

    def moved(place: int) -> int:
        return place + sum(len(new) - (end - start) for start, end, new in edits if end <= place)

    def now(item: Item) -> Item:
        if not item.grounded:
            return item
        start, end = map(moved, grounded_span(item))
        attributes = tuple(
            a
            if a.start is None or a.end is None
            else replace(a, start=moved(a.start), end=moved(a.end))
            for a in item.attributes
        )
        return replace(item, text=text[start:end], start=start, end=end, attributes=attributes)

    items = {key: tuple(map(now, found)) for key, found in record.items.items()}
    return replace(record, text=text, items=items)
