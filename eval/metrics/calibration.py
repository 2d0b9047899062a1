"""Calibration: of the items given with confidence 0.8, are 80% right? (Guo et al. 2017, arXiv
1706.04599)"""

from __future__ import annotations

from collections import Counter

from elmtex.types import InputError
from eval.metrics.documents import Pair
from eval.metrics.entity import exact_pairs

BINS = 10


def correctness_pairs(both: Pair) -> list[tuple[float, int]]:
    """One report's predicted items as (confidence, 1 when exactly matched in the same category,
    else 0).

    Items without a confidence are left out. Sorted, so that the order of the items is irrelevant.

    Raises:
        InputError: a confidence outside 0 to 1.
    """
    pairs = exact_pairs(both)
    outcome: list[tuple[float, int]] = []
    for key, items in both.predicted.items():
        # A multiset: the same item given twice is right as often as the gold has it, not twice.
        right = Counter(given for _, given in pairs[key])
        for item in items:
            hit = int(right[item] > 0)
            right[item] -= hit
            if item.confidence is None:
                continue
            if not 0.0 <= item.confidence <= 1.0:
                raise InputError(
                    f"an item of {key!r} has confidence {item.confidence}: it must lie between 0 and 1"
                )
            outcome.append((float(item.confidence), hit))
    return sorted(outcome)


def bin_of(confidence: float) -> int:
    """The equal-width bin of a confidence: bin b holds [b/10, (b+1)/10), the last one holds 1 as
    well."""
    return min(int(confidence * BINS), BINS - 1)
