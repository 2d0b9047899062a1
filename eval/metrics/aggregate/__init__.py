"""From the scores of single reports to the figures of a run: the document `metrics.json` holds per
system.

Beside every mean are its 95% bootstrap interval over reports (``ci``), the reports it rests on
(``n``) and how many of those failed (``failed``). A figure that is not defined (no item to divide
by) is None, never 0 and never 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from elmtex.types import ASSERTIONS, InputError
from eval.metrics.aggregate.attributes import attribute_counts, attributes
from eval.metrics.aggregate.counts import (
    CountsOf,
    concept_counts,
    concepts,
    entities,
    micro_and_macro_f1,
)
from eval.metrics.aggregate.rates import (
    agreement,
    assertion,
    bins,
    calibration,
    ece,
    estimate,
    rates_of,
)
from eval.metrics.aggregate.texts import measures, sums, texts
from eval.metrics.bootstrap import LEVEL, RESAMPLES, SEED, Bootstrap, Statistic, ratio
from eval.metrics.sample import Sample, setting_of


def aggregate(
    samples: Sequence[Sample], *, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Any]:
    """The figures of one system over its reports.

    Args:
        samples: one per report, failed ones included; their order is irrelevant.
        resamples: bootstrap draws.
        seed: of the draws.

    Raises:
        InputError: no samples, an id twice, or samples scored under different settings.
    """
    samples = _sorted(samples)
    draws = Bootstrap.draw(len(samples), resamples, seed)
    failed = sum(sample.failed for sample in samples)
    concept = setting_of(samples, "concept")
    rates = {name: estimate(samples, draws, counts) for name, counts in rates_of(samples).items()}
    reliability = calibration(samples, draws)
    return {
        "n": len(samples),
        "failed": failed,
        "exact": entities(samples, lambda sample: sample.exact, draws),
        "relaxed": entities(samples, lambda sample: sample.relaxed, draws),
        "concept": None if concept is None else concepts(samples, concept, draws),
        "rouge": texts(samples, "rouge", draws),
        "bertscore": texts(samples, "bertscore", draws),
        "validity": rates["validity"]["value"],
        "invented_rate": rates["invented_rate"]["value"],
        "invented_category_rate": rates["invented_category_rate"]["value"],
        "ungrounded_rate": rates["ungrounded_rate"]["value"],
        "truncated_rate": rates["truncated_rate"]["value"],
        "rates": rates,
        "assertion": assertion(samples, draws),
        "ece": reliability["ece"],
        "calibration": reliability,
        "attributes": attributes(samples, resamples, seed),
        "bootstrap": {"resamples": resamples, "seed": seed, "level": LEVEL, "unit": "report"},
    }


def compare(
    first: Sequence[Sample],
    second: Sequence[Sample],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> dict[str, Any]:
    """Two runs over the same reports, figure by figure, by a paired bootstrap: ``difference`` is
    second - first.

    Returns:
        ``n``, ``failed`` of both as [a, b], and ``figures``: name to {a, b, difference, ci, p} (see
        :meth:`eval.metrics.bootstrap.Bootstrap.difference`). Figures that only one run has, or that
        were scored under different settings (two BERTScore models), are left out and named in
        ``not_compared``.

    Raises:
        InputError: the runs do not hold the same reports.
    """
    first, second = _sorted(first), _sorted(second)
    if [sample.id for sample in first] != [sample.id for sample in second]:
        only = {sample.id for sample in first} ^ {sample.id for sample in second}
        raise InputError(
            f"the two runs differ in {len(only)} reports (such as {sorted(only)[0]!r}): a paired comparison needs the "
            "same reports in both; run them with the same --data, --split and --limit"
        )
    draws = Bootstrap.draw(len(first), resamples, seed)
    ours, theirs = headlines(first), headlines(second)
    same = [
        name for name in ours if name in theirs and _same_setting(first, second, name.split(".")[0])
    ]
    return {
        "n": len(first),
        "failed": [sum(s.failed for s in first), sum(s.failed for s in second)],
        "figures": {name: draws.difference(ours[name], theirs[name]) for name in same},
        "not_compared": [name for name in {**ours, **theirs} if name not in same],
        "bootstrap": {"resamples": resamples, "seed": seed, "level": LEVEL, "unit": "report"},
    }


def headlines(samples: Sequence[Sample]) -> dict[str, Statistic]:
    """The figures worth comparing between runs, by dotted name, as statistics of the bootstrap."""
    counted: dict[str, CountsOf] = {"exact": lambda s: s.exact, "relaxed": lambda s: s.relaxed}
    if setting_of(samples, "concept") is not None:
        counted["concept"] = concept_counts
    if any(sample.attributes is not None for sample in samples):
        counted |= attribute_counts()
    figures: dict[str, Statistic] = {}
    for name, counts_of in counted.items():
        for measure, statistic in micro_and_macro_f1(samples, counts_of).items():
            figures[f"{name}.{measure}"] = statistic
    for name in ("rouge", "bertscore"):
        for way in ("ours", "elmtex"):
            for measure in measures(samples, name, way):
                figures[f"{name}.{way}.{measure}"] = ratio(*sums(samples, name, way, measure, None))
    figures |= {name: ratio(*counts) for name, counts in rates_of(samples).items()}
    figures["assertion.accuracy"] = ratio(*agreement(samples, ASSERTIONS))
    figures["assertion.recall.absent"] = ratio(*agreement(samples, ("absent",)))
    figures["ece"] = ece(bins(samples))
    return figures


def _same_setting(first: Sequence[Sample], second: Sequence[Sample], name: str) -> bool:
    if name not in ("concept", "rouge", "bertscore"):
        return True
    return setting_of(first, name) == setting_of(second, name)


def _sorted(samples: Sequence[Sample]) -> list[Sample]:
    """By id, so that the same reports give the same interval whatever order they were run in."""
    if not samples:
        raise InputError(
            "no samples to aggregate: the run scored 0 reports; check its data and limit"
        )
    ordered = sorted(samples, key=lambda sample: sample.id)
    for before, after in itertools.pairwise(ordered):
        if before.id == after.id:
            raise InputError(
                f"report {after.id!r} was scored twice in this run: score each report once"
            )
    return ordered
