"""Assertion: is what was found also rightly called present, absent or possible?"""

from __future__ import annotations

from elmtex.types import ASSERTIONS, Assertion
from eval.metrics.documents import Pair
from eval.metrics.entity import exact_pairs

Confusion = dict[Assertion, dict[Assertion, int]]


def confusion(both: Pair) -> Confusion:
    """Counts ``[gold assertion][predicted assertion]`` over one report's exactly matched items.

    Items that were not found are not in it: they cost recall at the entity level.
    """
    table: Confusion = {row: dict.fromkeys(ASSERTIONS, 0) for row in ASSERTIONS}
    for pairs in exact_pairs(both).values():
        for wanted, given in pairs:
            table[wanted.assertion][given.assertion] += 1
    return table
