"""Figures made of counts: precision, recall and F1 of entities and concepts, over (n, C, 3) tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from eval.metrics.bootstrap import Array, Bootstrap, Statistic, divide
from eval.metrics.entity import Counts
from eval.metrics.sample import Sample

CountsOf = Callable[[Sample], Mapping[str, Counts]]
TP, FP, FN = 0, 1, 2


def entities(samples: Sequence[Sample], counts_of: CountsOf, draws: Bootstrap) -> dict[str, Any]:
    categories = _categories(samples, counts_of)
    table = _table(samples, counts_of, categories)
    failed = sum(sample.failed for sample in samples)
    micro = {
        **_prf(draws, partial(_measure, counts=_micro(table))),
        **_named(table.sum(axis=(0, 1))),
        "n": len(samples),
        "failed": failed,
    }
    macro = {
        **_prf(draws, partial(_mean_over_categories, table=table)),
        "categories": int((table.sum(axis=(0, 2)) > 0).sum()),
        "n": len(samples),
        "failed": failed,
    }
    per_category = {
        key: {
            **_prf(draws, partial(_measure, counts=table[:, index])),
            **_named(table[:, index].sum(axis=0)),
            "n": sum(key in counts_of(sample) for sample in samples),
            "failed": sum(key in counts_of(sample) and sample.failed for sample in samples),
        }
        for index, key in enumerate(categories)
    }
    return {"micro": micro, "macro": macro, "per_category": per_category}


def micro_and_macro_f1(samples: Sequence[Sample], counts_of: CountsOf) -> dict[str, Statistic]:
    """The two F1 to compare runs by."""
    table = _table(samples, counts_of, _categories(samples, counts_of))
    return {
        "micro.f1": _measure("f1", _micro(table)),
        "macro.f1": _mean_over_categories("f1", table),
    }


def _prf(draws: Bootstrap, statistic: Callable[[str], Statistic]) -> dict[str, Any]:
    """p, r, f1 and the interval of f1 as ``ci``; those of p and r as ``p_ci``, ``r_ci``."""
    return {
        "p": draws.value(statistic("p")),
        "r": draws.value(statistic("r")),
        "f1": draws.value(statistic("f1")),
        "ci": draws.interval(statistic("f1")),
        "p_ci": draws.interval(statistic("p")),
        "r_ci": draws.interval(statistic("r")),
    }


def _named(sums: Array) -> dict[str, int]:
    return {"tp": int(sums[TP]), "fp": int(sums[FP]), "fn": int(sums[FN])}


def _categories(samples: Sequence[Sample], counts_of: CountsOf) -> list[str]:
    return list(dict.fromkeys(key for sample in samples for key in counts_of(sample)))


def _table(samples: Sequence[Sample], counts_of: CountsOf, categories: Sequence[str]) -> Array:
    """(n, C, 3); a category that a report does not label counts nothing there."""
    table = np.zeros((len(samples), len(categories), 3))
    for row, sample in enumerate(samples):
        counts = counts_of(sample)
        for column, key in enumerate(categories):
            if key in counts:
                table[row, column] = (counts[key].tp, counts[key].fp, counts[key].fn)
    return table


def _micro(table: Array) -> Array:
    return np.asarray(table.sum(axis=1))  # (n, 3)


def _measure(measure: str, counts: Array) -> Statistic:
    """p, r or f1 of the counts (n, 3) summed over reports."""
    return lambda weights: _score(measure, weights @ counts)


def _mean_over_categories(measure: str, table: Array) -> Statistic:
    """The mean over categories of p, r or f1, over those with anything in gold or prediction."""

    def statistic(weights: Array) -> Array:
        sums = np.tensordot(weights, table, axes=1)  # (B, C, 3)
        scores = _score(measure, sums)  # (B, C)
        known = np.isfinite(scores)
        return divide(np.where(known, scores, 0.0).sum(axis=1), known.sum(axis=1))

    return statistic


def _score(measure: str, sums: Array) -> Array:
    """p, r or f1 of sums (…, 3). Nothing in gold and prediction: nan. Nothing on one side: 0, since
    all is missed."""
    tp, fp, fn = sums[..., TP], sums[..., FP], sums[..., FN]
    if measure == "f1":
        return divide(2 * tp, 2 * tp + fp + fn)
    side = divide(tp, tp + (fp if measure == "p" else fn))
    return np.where(np.isnan(side) & (tp + fp + fn > 0), 0.0, side)


def concept_counts(sample: Sample) -> Mapping[str, Counts]:
    return sample.concept.counts if sample.concept else {}


def concepts(
    samples: Sequence[Sample], setting: Mapping[str, Any], draws: Bootstrap
) -> dict[str, Any]:
    found = [sample.concept for sample in samples if sample.concept]
    linked = {
        "gold": (sum(c.gold_linked for c in found), sum(c.gold_items for c in found)),
        "predicted": (
            sum(c.predicted_linked for c in found),
            sum(c.predicted_items for c in found),
        ),
    }
    return {
        **entities(samples, concept_counts, draws),
        "setting": dict(setting),
        "linked": {
            side: {"share": part / whole if whole else None, "items": whole}
            for side, (part, whole) in linked.items()
        },
    }
