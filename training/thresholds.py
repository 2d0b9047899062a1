"""What a threshold and a confidence are chosen by: the F1 of whole documents on held-out records, and how often an item of a
probability is right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.confidence import probability
from elmtex.decoding.select import Score, Weighed, group
from elmtex.types import Extraction, Record

THRESHOLDS = tuple(np.round(np.arange(0.1, 0.46, 0.025), 3).tolist())
WIDE = tuple(np.round(np.arange(0.1, 0.71, 0.025), 3).tolist())  # of a student, or with one


def tried(
    records: Sequence[Record],
    states: Sequence[Iterable[Weighed]],
    keys: Sequence[str],
    thresholds: Sequence[float] = THRESHOLDS,
    scores: Sequence[Score] | None = None,
) -> Iterator[dict[str, Any]]:
    """A row per threshold: it, exact and relaxed micro F1, and ``correctness_pairs`` of the items.

    Args:
        records: the gold.
        states: what was weighed in each of them.
        keys: the categories.
        scores: what gives the items of each record their probability; None keeps the one they have.
    """
    of = scores or [probability] * len(records)
    for threshold in thresholds:
        answers = [
            Extraction("", "", "", "ok", (), group(w, keys, threshold=threshold, score=score))
            for w, score in zip(states, of, strict=True)
        ]
        yield {"threshold": threshold, **scored(records, answers)}


def best(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The row with the best mean of exact and relaxed F1; of equal ones the first."""
    return max(rows, key=lambda row: row["exact"] + row["relaxed"])


def without_pairs(row: dict[str, Any]) -> dict[str, Any]:
    """A row of :func:`tried` as it is written down."""
    return {key: value for key, value in row.items() if key != "correctness_pairs"}


def scored(records: Sequence[Record], answers: Sequence[Extraction]) -> dict[str, Any]:
    """Exact and relaxed micro F1 of whole documents, and their items' confidences with 1 where exactly right."""
    from eval.metrics.calibration import correctness_pairs
    from eval.metrics.documents import pair
    from eval.metrics.entity import exact, relaxed

    totals: dict[str, NDArray[np.int64]] = {
        name: np.zeros(3, np.int64) for name in ("exact", "relaxed")
    }
    confidences: list[tuple[float, int]] = []
    for record, given in zip(records, answers, strict=True):
        both = pair(record, given)
        for name, match in (("exact", exact), ("relaxed", relaxed)):
            for counts in match(both).values():
                totals[name] += (counts.tp, counts.fp, counts.fn)
        confidences += correctness_pairs(both)
    return {
        **{
            name: round(float(2 * t[0] / max(1, 2 * t[0] + t[1] + t[2])), 4)
            for name, t in totals.items()
        },
        "correctness_pairs": confidences,
    }


def isotonic(correctness_pairs: Sequence[tuple[float, int]]) -> list[tuple[float, float]]:
    """(probability, share of exact matches) where the fitted line bends, ascending."""
    from sklearn.isotonic import IsotonicRegression

    confidences, hits = zip(*correctness_pairs, strict=True)
    fit = IsotonicRegression(y_min=0, y_max=1).fit(confidences, hits)
    points = zip(fit.X_thresholds_, fit.y_thresholds_, strict=True)
    return [(round(float(x), 5), round(float(y), 4)) for x, y in points]
