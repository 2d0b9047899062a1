"""Two documents of one report, item by item: where they agree, and where not."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from elmtex.types import Attribute, Extraction, InputError, Item

Kind = Literal["agreed", "assertion", "category", "left", "right"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Found:
    """An item and the key of the category it was put into."""

    category: str
    item: Item


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a comparison.

    Args:
        kind: ``agreed``: same category, span and assertion; ``assertion``: same category and span;
            ``category``: same span, in another category (its assertion may differ, too); ``left``,
            ``right``: found by one side only.
        left, right: what each side says; None where it says nothing.
    """

    kind: Kind
    left: Found | None
    right: Found | None

    @property
    def attributes_differ(self) -> bool:
        """Whether both sides found the item, with other attributes. The pair's kind does not depend on it."""
        if self.left is None or self.right is None:
            return False
        return bool(self.alone(self.left) or self.alone(self.right))

    def alone(self, side: Found) -> tuple[Attribute, ...]:
        """The attributes of one side's item that the other side's lacks: none of that type on that span."""
        other = self.right if side is self.left else self.left
        theirs = {_known(a) for a in other.item.attributes} if other else set()
        return tuple(a for a in side.item.attributes if _known(a) not in theirs)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many items both sides found alike (category, place and assertion), and how many only one of them."""

    both: int = 0
    left: int = 0
    right: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.both + other.both, self.left + other.left, self.right + other.right)

    @property
    def f1(self) -> float:
        """The agreement, 0 to 1: F1, whichever side is taken for the truth. At least one item must be counted."""
        return 2 * self.both / (2 * self.both + self.left + self.right)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two documents of one report, with every item of both in exactly one pair, in the schema's and
    report's order."""

    left: Extraction
    right: Extraction
    pairs: tuple[Pair, ...]

    @property
    def counts(self) -> dict[Kind, int]:
        """How many pairs there are of each kind, zeros included."""
        counted = Counter(pair.kind for pair in self.pairs)
        return {kind: counted[kind] for kind in KINDS}

    @property
    def attributes_differ(self) -> int:
        """How many pairs have an item that both sides found, with other attributes."""
        return sum(pair.attributes_differ for pair in self.pairs)

    def by_category(self) -> dict[str, Tally]:
        """How far the two sides agree in each category that either found an item in, in the schema's order."""
        counted = {key: Counter[str]() for key in self.left.categories}
        for pair in self.pairs:
            if pair.kind == "agreed" and pair.left:
                counted[pair.left.category]["both"] += 1
                continue
            for name, found in (("left", pair.left), ("right", pair.right)):
                if found:
                    counted[found.category][name] += 1
        return {
            key: Tally(count["both"], count["left"], count["right"])
            for key, count in counted.items()
            if count
        }

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON: both documents, the counts, and the pairs."""
        return {
            "left": self.left.to_dict(),
            "right": self.right.to_dict(),
            "counts": self.counts,
            "attributes_differ": self.attributes_differ,
            "pairs": [
                {
                    "kind": pair.kind,
                    "attributes_differ": pair.attributes_differ,
                    "left": _as_json(pair.left),
                    "right": _as_json(pair.right),
                }
                for pair in self.pairs
            ],
        }


def compare(left: Extraction, right: Extraction) -> Comparison:
    """Pair the items of two documents of the same report.

    Items without a span are the same when their words are, white space aside. An item is paired
    once; of several possible partners the nearest kind wins (agreed, then another assertion, then
    another category).

    Raises:
        InputError: the documents have different categories, so that nothing could be said about
            where items belong.
    """
    if tuple(left.categories) != tuple(right.categories):
        raise InputError("documents of different schemas cannot be compared: use one for both")
    lefts, rights = list(_found(left)), list(_found(right))
    pairs: list[Pair] = []
    steps: tuple[tuple[Kind, Callable[[Found], Hashable]], ...] = (
        ("agreed", lambda f: (f.category, _place(f.item), f.item.assertion)),
        ("assertion", lambda f: (f.category, _place(f.item))),
        ("category", lambda f: _place(f.item)),
    )
    for kind, look in steps:
        waiting: dict[Hashable, deque[Found]] = {}
        for found in rights:
            waiting.setdefault(look(found), deque()).append(found)
        alone = []
        for found in lefts:
            if partners := waiting.get(look(found)):
                pairs.append(Pair(kind, found, partners.popleft()))
            else:
                alone.append(found)
        lefts, rights = alone, [found for partners in waiting.values() for found in partners]
    pairs += [Pair("left", found, None) for found in lefts]
    pairs += [Pair("right", None, found) for found in rights]
    order = {key: place for place, key in enumerate(left.categories)}
    return Comparison(left, right, tuple(sorted(pairs, key=lambda pair: _rank(pair, order))))


def _found(extraction: Extraction) -> Iterator[Found]:
    for key, items in extraction.categories.items():
        for item in items:
            yield Found(key, item)


def _place(span: Item | Attribute) -> Hashable:
    return (span.start, span.end) if span.start is not None else " ".join(span.text.split())


def _known(attribute: Attribute) -> Hashable:
    return attribute.type, _place(attribute)


def _rank(pair: Pair, order: dict[str, int]) -> tuple[int, bool, int]:
    found = pair.left or pair.right
    assert found is not None
    return order[found.category], not found.item.grounded, found.item.start or 0


def _as_json(found: Found | None) -> dict[str, Any] | None:
    return None if found is None else {"category": found.category, **found.item.to_dict()}
