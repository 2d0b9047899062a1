"""Spans of the gold standard: how a head grows, and which items stay (docs/gold-standard.md)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from elmtex.text.normalisation import case_folded
from elmtex.types import Assertion, Item

Span = tuple[int, int]

# What may come between a head and a modifier that it absorbs (docs/gold-standard.md, rule 2).
_GAP = re.compile(r"^\s*(?:,|-|of|of the|in|in the|the|a|an|to the|at|on the|for)?\s*$", re.I)
_MAX_GAP = 8


def item_at(text: str, start: int, end: int, assertion: Assertion = "present") -> Item:
    """The item that covers ``text[start:end]`` (half-open code points)."""
    return Item(text[start:end], start, end, assertion)


def without_overlap(
    items: Iterable[Item], unique: bool, left_out: Counter[str] | None = None
) -> tuple[Item, ...]:
    """Rule 5 of docs/gold-standard.md for one category: report order, longer first, no item inside
    another's span.

    Args:
        items: grounded items of one category, in any order.
        unique: also drop an item whose case-folded text was kept before (the gold standard); False
            keeps every mention (training).
        left_out: counts what is dropped, and why; None when nobody asks.
    """
    kept: list[Item] = []
    seen: set[str] = set()
    last = 0
    for item in sorted(items, key=_report_order):
        start, end = grounded_span(item)
        key = case_folded(item.text)
        why = "inside another" if start < last else "same words" if unique and key in seen else ""
        if why:
            if left_out is not None:
                left_out[why] += 1
            continue
        seen.add(key)
        kept.append(item)
        last = end
    return tuple(kept)


def grounded_span(item: Item) -> Span:
    """``(start, end)`` of an item that has them; raises ValueError for an ungrounded one."""
    if item.start is None or item.end is None:
        raise ValueError("the item is not grounded: it has no offsets")
    return item.start, item.end


def grown(text: str, head: Span, modifiers: Iterable[Span]) -> Span:
    """Rule 2 of docs/gold-standard.md: the head with the modifiers next to it.

    Args:
        text: the report.
        head: span of the head.
        modifiers: spans that modify it, in order of preference: each time the first that fits is
            absorbed.

    Returns:
        The span from one end to the other.
    """
    start, end = head
    left = list(modifiers)
    while True:
        for modifier in left:
            gap = text[end : modifier[0]] if modifier[0] >= end else text[modifier[1] : start]
            if len(gap) <= _MAX_GAP and _GAP.match(gap):
                start, end = min(start, modifier[0]), max(end, modifier[1])
                left.remove(modifier)
                break
        else:
            return start, end


def _report_order(item: Item) -> Span:
    start, end = grounded_span(item)
    return start, -end
