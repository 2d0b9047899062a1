"""Spans of a text: cutting, trimming, sentences, and rule 5 of MAPPING.md (unique, no overlap)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from elmtex.types import Assertion, Item

Span = tuple[int, int]

# A sentence ends at a line break, around the number of a list's entry ("p.r.n. 2. Ibuprofen"), or after . ! ?
# and blanks before a capital, digit, bullet or quote.
_END = re.compile(
    r"\s*[\r\n]+\s*|(?:^|(?<=[.;:]))[ \t]*\b\d{1,2}[.)][ \t]+(?=[A-Z])"
    r"|(?<=[.!?])[ \t\u00a0]+(?=[^\W\d_a-zß-ÿ]|\d|[-•*“\"(])",
    re.M,
)
# "Dr. Kumar", "Z. n.", "vs. 3", "J. Smith": a full stop that abbreviates.
_ABBREVIATION = re.compile(
    r"(?:\b(?:Dr|Drs|Mr|Mrs|Ms|Prof|St|No|vs|approx|Fig|bzw|ca|Nr|Pat|Fr|Hr)|(?<![\w.])[A-Za-zÄÖÜäöü])\.$"
)
# What may stand between a head and a modifier that it absorbs (MAPPING.md rule 2).
_GAP = re.compile(r"^\s*(?:,|-|of|of the|in|in the|the|a|an|to the|at|on the|for)?\s*$", re.I)
_MAX_GAP = 8
_BREAK = re.compile(r"[\r\n]")
_FRINGE = " \t\r\n\u00a0.,;:•*-–"


def item_at(text: str, start: int, end: int, assertion: Assertion = "present") -> Item:
    """The item that covers ``text[start:end]`` (half-open code points)."""
    return Item(text[start:end], start, end, assertion)


def trimmed(text: str, start: int, end: int) -> Span:
    """``(start, end)`` without surrounding blanks, bullets and sentence punctuation; ``start == end`` when
    nothing else is there."""
    while start < end and text[start] in _FRINGE:
        start += 1
    while end > start and text[end - 1] in _FRINGE:
        end -= 1
    return start, end


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Trimmed spans of the sentences of ``text[start:end]``, in order; a line break always ends one."""
    stop = len(text) if end is None else end
    begin = start
    for match in _END.finditer(text, start, stop):
        if (
            match.group().isspace()
            and not _BREAK.search(match.group())
            and _abbreviates(text, begin, match.start())
        ):
            continue
        span = trimmed(text, begin, match.start())
        if span[0] < span[1]:
            yield span
        begin = match.end()
    span = trimmed(text, begin, stop)
    if span[0] < span[1]:
        yield span


def _abbreviates(text: str, begin: int, end: int) -> bool:
    return bool(_ABBREVIATION.search(text[max(begin, end - 8) : end]))


def folded(text: str) -> str:
    """Lower-cased, white space folded: the form in which two item texts are the same (MAPPING.md)."""
    return " ".join(text.lower().split())


def without_overlap(
    items: Iterable[Item], unique: bool, left_out: Counter[str] | None = None
) -> tuple[Item, ...]:
    """MAPPING.md rule 5 for one category: report order, longer first, no item inside another's span.

    Args:
        items: grounded items of one category, in any order.
        unique: also drop an item whose folded text was kept before (the gold standard); False keeps every
            mention (training).
        left_out: counts what is dropped, and why; None when nobody asks.
    """
    kept: list[Item] = []
    seen: set[str] = set()
    last = 0
    for item in sorted(items, key=_report_order):
        start, end = grounded_span(item)
        key = folded(item.text)
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
    """MAPPING.md rule 2: the head with the modifiers that stand next to it.

    Args:
        text: the report.
        head: span of the head.
        modifiers: spans that modify it, in order of preference: each time the first that fits is absorbed.

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
