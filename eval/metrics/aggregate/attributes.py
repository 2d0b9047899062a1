"""Figures of attributes: of mentions and relations, exact and relaxed, in both settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from eval.metrics.aggregate.counts import CountsOf, entities
from eval.metrics.attributes import MEASURES, SEPARATOR, SETTINGS, STRENGTHS
from eval.metrics.bootstrap import Bootstrap
from eval.metrics.entity import Counts
from eval.metrics.sample import Sample


def attributes(samples: Sequence[Sample], resamples: int, seed: int) -> dict[str, Any] | None:
    """``[setting][measure][strength]``, each with ``micro``, ``macro`` over types, ``per_type`` and
    ``per_category_and_type``; over the reports whose attributes were scored. None without such.
    """
    scored = [sample for sample in samples if sample.attributes is not None]
    if not scored:
        return None
    draws = Bootstrap.draw(len(scored), resamples, seed)
    return {
        "n": len(scored),
        "failed": sum(sample.failed for sample in scored),
        **{
            setting: {
                measure: {
                    strength: _figures(scored, draws, setting, f"{measure}.{strength}")
                    for strength in STRENGTHS
                }
                for measure in MEASURES
            }
            for setting in SETTINGS
        },
    }


def attribute_counts() -> dict[str, CountsOf]:
    """The counts by type worth comparing between runs, by name."""
    return {
        f"attributes.{setting}.relation.{strength}": partial(
            _per_type, setting=setting, name=f"relation.{strength}"
        )
        for setting in SETTINGS
        for strength in STRENGTHS
    }


def _figures(
    samples: Sequence[Sample], draws: Bootstrap, setting: str, name: str
) -> dict[str, Any]:
    of_types = entities(samples, partial(_per_type, setting=setting, name=name), draws)
    pairs = entities(samples, partial(_per_pair, setting=setting, name=name), draws)
    return {
        "micro": of_types["micro"],
        "macro": of_types["macro"],
        "per_type": of_types["per_category"],
        "per_category_and_type": pairs["per_category"],
    }


def _per_pair(sample: Sample, setting: str, name: str) -> Mapping[str, Counts]:
    return sample.attributes[setting][name] if sample.attributes else {}


def _per_type(sample: Sample, setting: str, name: str) -> Mapping[str, Counts]:
    totals: dict[str, Counts] = {}
    for pair, counts in _per_pair(sample, setting, name).items():
        type = pair.split(SEPARATOR)[1]
        totals[type] = totals.get(type, Counts()) + counts
    return totals
