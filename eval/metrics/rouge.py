"""ROUGE-1/2/L (Lin 2004) of the flat strings, with Google's ``rouge-score``, stemmed, as ELMTEX
scores them."""

from __future__ import annotations

from functools import cache
from typing import Any

from elmtex.types import MissingDependencyError
from eval.metrics.documents import Pair
from eval.metrics.flat import scored_elmtex, scored_ours
from eval.metrics.sample import TextScores

MEASURES = ("rouge1", "rouge2", "rougeL")


def rouge(both: Pair) -> TextScores:
    """ROUGE F of one report's fields, counted the paper's way and ours (see :class:`TextScores`).

    Raises:
        MissingDependencyError: ``rouge-score`` is not installed.
    """
    return TextScores(
        setting={"package": "rouge-score", "stemmed": True},
        elmtex={key: _scores(*texts) for key, texts in scored_elmtex(both).items()},
        ours={
            key: _scores(*texts) if texts else dict.fromkeys(MEASURES, 0.0)
            for key, texts in scored_ours(both).items()
        },
    )


def _scores(gold: str, predicted: str) -> dict[str, float]:
    scores = _scorer().score(gold, predicted)
    return {measure: float(scores[measure].fmeasure) for measure in MEASURES}


@cache
def _scorer() -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise MissingDependencyError(
            "ROUGE needs the package rouge-score: pip install 'elmtex[eval]'"
        ) from error
    return RougeScorer(list(MEASURES), use_stemmer=True)
