"""Assertion: is what was found also rightly called present, absent or possible?"""

from __future__ import annotations

from collections.abc import Sequence

from elmtex.types import ASSERTIONS, Assertion
from eval.metrics.documents import Gold, Predicted, pair
from eval.metrics.entity import exact_pairs

Confusion = dict[Assertion, dict[Assertion, int]]


def confusion(gold: Gold, predicted: Predicted, labelled: Sequence[str] | None = None) -> Confusion:
    """Counts ``[gold assertion][predicted assertion]`` over one report's exactly matched items.

    Items that were not found are not in it: they cost recall at the entity level. Arguments as in
    :func:`eval.metrics.documents.pair`.
    """
    table: Confusion = {row: dict.fromkeys(ASSERTIONS, 0) for row in ASSERTIONS}
    for pairs in exact_pairs(pair(gold, predicted, labelled)).values():
        for wanted, given in pairs:
            table[wanted.assertion][given.assertion] += 1
    return table
