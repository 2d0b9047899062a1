"""Entity level: exact and relaxed matches of one report, as docs/gold-standard.md defines them."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elmtex.types import Attribute, Item
from eval.metrics.documents import Pair, normalise


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives (predicted, unmatched) and false negatives (gold, unmatched)."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    def to_dict(self) -> dict[str, int]:
        return {"tp": self.tp, "fp": self.fp, "fn": self.fn}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Counts:
        return cls(data["tp"], data["fp"], data["fn"])


def exact(both: Pair) -> dict[str, Counts]:
    """Counts per category: same normalised text, one-to-one (an item said twice needs two gold
    items).

    Positions do not matter here.
    """
    return {key: _exact_counts(items, both.predicted[key]) for key, items in both.gold.items()}


def relaxed(both: Pair) -> dict[str, Counts]:
    """Counts per category: spans that share a character, one-to-one, as many pairs as possible.

    Gold without a span (a corpus that gives none) is matched by its normalised text instead. A
    prediction without a span never matches gold that has one: it points at nothing.
    """
    return {key: _relaxed_counts(items, both.predicted[key]) for key, items in both.gold.items()}


def exact_pairs(both: Pair) -> dict[str, list[tuple[Item, Item]]]:
    """The (gold, predicted) pairs behind :func:`exact`, per category.

    Where a text occurs more than once the pairs with overlapping spans come first, then the
    report's order decides: never the assertion or the confidence, which are scored on these pairs.
    """
    return {key: _pairs(items, both.predicted[key]) for key, items in both.gold.items()}


def overlap(first: Item | Attribute, second: Item | Attribute) -> bool:
    """Whether two half-open spans share at least one character; spans that only touch do not."""
    if first.start is None or first.end is None or second.start is None or second.end is None:
        return False
    return max(first.start, second.start) < min(first.end, second.end)


def match_spans(gold: Sequence[Item], predicted: Sequence[Item]) -> list[tuple[int, int]]:
    """A maximum one-to-one matching of overlapping spans: (index in gold, index in predicted),
    sorted.

    Augmenting paths found breadth-first (Berge 1957): first come, first served would lose pairs
    when one long span overlaps several short ones, and would change with the order of the items.
    """
    edges = [[p for p, item in enumerate(predicted) if overlap(g, item)] for g in gold]
    return maximum_matching(edges)


def maximum_matching(edges: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """A maximum bipartite matching.

    Args:
        edges: for each node on the left, the nodes on the right it may be joined with.

    Returns:
        the (left, right) pairs, sorted.
    """
    right_of: dict[int, int] = {}
    left_of: dict[int, int] = {}
    for root in range(len(edges)):
        came_from: dict[int, int] = {}  # right node -> the left node the search reached it from
        queue = deque([root])
        end: int | None = None
        while queue and end is None:
            left = queue.popleft()
            for right in edges[left]:
                if right in came_from:
                    continue
                came_from[right] = left
                if right not in left_of:
                    end = right
                    break
                queue.append(left_of[right])
        while (
            end is not None
        ):  # walk back: every left node on the path moves on to the right node found for it
            left = came_from[end]
            before = right_of.get(left)
            left_of[end], right_of[left] = left, end
            end = before
    return sorted(right_of.items())


def _exact_counts(gold: Sequence[Item], predicted: Sequence[Item]) -> Counts:
    shared = Counter(normalise(i.text) for i in gold) & Counter(
        normalise(i.text) for i in predicted
    )
    return _counts(shared.total(), gold, predicted)


def _relaxed_counts(gold: Sequence[Item], predicted: Sequence[Item]) -> Counts:
    texts = [normalise(item.text) for item in predicted]
    edges = [
        [
            index
            for index, item in enumerate(predicted)
            if (overlap(g, item) if g.grounded else normalise(g.text) == texts[index])
        ]
        for g in gold
    ]
    return _counts(len(maximum_matching(edges)), gold, predicted)


def _counts(tp: int, gold: Sequence[Item], predicted: Sequence[Item]) -> Counts:
    return Counts(tp, len(predicted) - tp, len(gold) - tp)


def _pairs(gold: Sequence[Item], predicted: Sequence[Item]) -> list[tuple[Item, Item]]:
    wanted: dict[str, list[Item]] = defaultdict(list)
    given: dict[str, list[Item]] = defaultdict(list)
    for item in sorted(gold, key=_report_order):
        wanted[normalise(item.text)].append(item)
    for item in sorted(predicted, key=_report_order):
        given[normalise(item.text)].append(item)
    pairs: list[tuple[Item, Item]] = []
    for text, ours in wanted.items():
        theirs = given.get(text, [])
        matched = match_spans(ours, theirs)
        taken = {left for left, _ in matched}, {right for _, right in matched}
        rest = (
            [item for index, item in enumerate(ours) if index not in taken[0]],
            [item for index, item in enumerate(theirs) if index not in taken[1]],
        )
        pairs += [(ours[left], theirs[right]) for left, right in matched]
        pairs += zip(*rest, strict=False)
    return pairs


def _report_order(item: Item) -> tuple[bool, int, int, str, float]:
    """Sort key by position, ungrounded last; the rest only makes the order of the input irrelevant."""
    return (
        item.start is None,
        item.start or 0,
        item.end or 0,
        item.assertion,
        item.confidence or 0.0,
    )
