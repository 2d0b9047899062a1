"""Figures of flat strings: means of ROUGE and BERTScore, over all fields and per category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval.metrics.bootstrap import Array, Bootstrap, ratio
from eval.metrics.sample import Sample, TextScores, setting_of


def texts(samples: Sequence[Sample], name: str, draws: Bootstrap) -> dict[str, Any] | None:
    setting = setting_of(samples, name)
    if setting is None:
        return None
    blocks: dict[str, Any] = {}
    for way in ("ours", "elmtex"):
        keys = dict.fromkeys(key for s in samples for key in _scores(s, name, way))
        names = measures(samples, name, way)
        blocks[way] = {
            "overall": {m: _text_mean(samples, name, way, m, None, draws) for m in names},
            "per_category": {
                key: {m: _text_mean(samples, name, way, m, key, draws) for m in names}
                for key in keys
            },
        }
    return {"setting": dict(setting), **blocks}


def _text_mean(
    samples: Sequence[Sample],
    name: str,
    way: str,
    measure: str,
    category: str | None,
    draws: Bootstrap,
) -> dict[str, Any]:
    """Mean over all scored fields, each counting once; ``n`` reports have at least one of the
    ``fields``."""
    total, fields = sums(samples, name, way, measure, category)
    scored = fields > 0
    return {
        "mean": draws.value(ratio(total, fields)),
        "ci": draws.interval(ratio(total, fields)),
        "fields": int(fields.sum()),
        "n": int(scored.sum()),
        "failed": sum(s.failed for s, has in zip(samples, scored, strict=True) if has),
    }


def sums(
    samples: Sequence[Sample], name: str, way: str, measure: str, category: str | None
) -> tuple[Array, Array]:
    """Per report the sum of scores and the number of scored fields, (n,) each; None means all
    categories."""
    rows = [
        [row[measure] for key, row in _scores(s, name, way).items() if category in (None, key)]
        for s in samples
    ]
    return np.array([sum(r) for r in rows], float), np.array([len(r) for r in rows], float)


def _scores(sample: Sample, name: str, way: str) -> Mapping[str, Mapping[str, float]]:
    texts: TextScores | None = getattr(sample, name)
    if texts is None:
        return {}
    return texts.ours if way == "ours" else texts.elmtex


def measures(samples: Sequence[Sample], name: str, way: str) -> list[str]:
    return list(
        dict.fromkeys(m for s in samples for row in _scores(s, name, way).values() for m in row)
    )
