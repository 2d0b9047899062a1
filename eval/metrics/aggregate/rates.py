"""Figures made of ratios: the rates of hallucination, the assertion table, and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from elmtex.types import ASSERTIONS, Assertion
from eval.metrics.bootstrap import Array, Bootstrap, Statistic, divide, ratio
from eval.metrics.calibration import BINS, bin_of
from eval.metrics.hallucination import RATES
from eval.metrics.sample import Sample


def rates_of(samples: Sequence[Sample]) -> dict[str, tuple[Array, Array]]:
    """Numerator and denominator per report, (n,) each, of every rate of
    :mod:`eval.metrics.hallucination`."""

    def column(name: str | None) -> Array:
        if name is None:
            return np.ones(len(samples))
        return np.array([getattr(sample.hallucination, name) for sample in samples], float)

    rates = {name: (column(part), column(whole)) for name, (part, whole) in RATES.items()}
    invalid, reports = rates["invalid_rate"]
    return {"validity": (reports - invalid, reports), **rates}


def estimate(
    samples: Sequence[Sample], draws: Bootstrap, sums: tuple[Array, Array]
) -> dict[str, Any]:
    """A ratio of sums over reports as value, interval, and what it was divided by (``of``)."""
    return {
        "value": draws.value(ratio(*sums)),
        "ci": draws.interval(ratio(*sums)),
        "count": int(sums[0].sum()),
        "of": int(sums[1].sum()),
        "n": len(samples),
        "failed": sum(sample.failed for sample in samples),
    }


def agreement(
    samples: Sequence[Sample], rows: Sequence[Assertion], by: str = "recall"
) -> tuple[Array, Array]:
    """Per report: items of the gold assertions ``rows`` that were called so, and all of them.

    With ``by="precision"`` the rows are predicted assertions.
    """

    def count(sample: Sample, ours: Assertion, theirs: Assertion) -> int:
        gold, predicted = (ours, theirs) if by == "recall" else (theirs, ours)
        return sample.assertion[gold][predicted]

    right = [sum(count(s, row, row) for row in rows) for s in samples]
    every = [sum(count(s, row, other) for row in rows for other in ASSERTIONS) for s in samples]
    return np.array(right, float), np.array(every, float)


def assertion(samples: Sequence[Sample], draws: Bootstrap) -> dict[str, Any]:
    """Over exactly matched items. ``present_share`` is what answering "present" every time would
    score."""
    table = {
        gold: {given: sum(s.assertion[gold][given] for s in samples) for given in ASSERTIONS}
        for gold in ASSERTIONS
    }
    accuracy = estimate(samples, draws, agreement(samples, ASSERTIONS))
    matched = accuracy["of"]
    return {
        "accuracy": accuracy["value"],
        "ci": accuracy["ci"],
        "items": matched,
        "n": accuracy["n"],
        "failed": accuracy["failed"],
        "present_share": sum(table["present"].values()) / matched if matched else None,
        "recall": {a: estimate(samples, draws, agreement(samples, (a,))) for a in ASSERTIONS},
        "precision": {
            a: estimate(samples, draws, agreement(samples, (a,), "precision")) for a in ASSERTIONS
        },
        "confusion": table,
    }


def bins(samples: Sequence[Sample]) -> Array:
    """(n, 10, 3): items, sum of confidences and right items per report and bin."""
    table = np.zeros((len(samples), BINS, 3))
    for row, sample in enumerate(samples):
        for confidence, right in sample.correctness_pairs:
            table[row, bin_of(confidence)] += (1.0, confidence, right)
    return table


def ece(table: Array) -> Statistic:
    """Expected calibration error: mean over items of |accuracy - confidence| of the item's bin."""

    def statistic(weights: Array) -> Array:
        sums = np.tensordot(weights, table, axes=1)  # (B, 10, 3)
        gaps = np.abs(sums[..., 2] - sums[..., 1]).sum(axis=1)
        return divide(gaps, sums[..., 0].sum(axis=1))

    return statistic


def calibration(samples: Sequence[Sample], draws: Bootstrap) -> dict[str, Any]:
    """ECE and the reliability curve over ten equal-width bins; None without a single confidence.

    The bootstrap's ECE lies above the estimate on small samples (noise in a bin counts as
    miscalibration), so the interval is an upper one there.
    """
    table = bins(samples)
    confident = sum(len(sample.correctness_pairs) for sample in samples)
    curve = [
        {
            "low": index / BINS,
            "high": (index + 1) / BINS,
            "items": int(items),
            "confidence": float(confidence / items) if items else None,
            "accuracy": float(right / items) if items else None,
        }
        for index, (items, confidence, right) in enumerate(table.sum(axis=0))
    ]
    return {
        "ece": draws.value(ece(table)),
        "ci": draws.interval(ece(table)),
        "items": confident,
        "without_confidence": sum(sample.hallucination.items for sample in samples) - confident,
        "n": len(samples),
        "failed": sum(sample.failed for sample in samples),
        "bins": curve,
    }
