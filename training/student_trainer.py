"""Trains students: the loss of the chains, and F1 of whole DEV documents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import TrainingArguments

from elmtex.decoding.chain import Chain
from elmtex.decoding.labelled import Labelled, Layout
from elmtex.decoding.tokens import tokenise
from elmtex.types import Record
from training.encoder_trainer import EncoderTrainer
from training.student_data import Example, collate
from training.student_network import StudentNetwork
from training.thresholds import WIDE, best, tried, without_pairs


class StudentTrainer(EncoderTrainer):
    """Trains a network on examples in their order; evaluates on the documents that it makes of DEV.

    Args:
        network: the student.
        config: transformers' arguments.
        rows: the examples of all epochs.
        dev: records to evaluate on.
        settings: :class:`training.student.StudentArguments`.
    """

    def __init__(
        self,
        network: StudentNetwork,
        config: TrainingArguments,
        rows: Sequence[Example],
        dev: Sequence[Record],
        tokenizer: Tokenizer,
        layout: Layout,
        settings: Any,
    ) -> None:
        weights = {n: getattr(settings, n) for n in ("non_present_weight", "missed_weight")}
        batch = partial(collate, categories=len(layout.keys))
        super().__init__(network, config, rows, dev, batch, settings.head_learning_rate, weights)
        self._tokenizer, self._layout = tokenizer, layout

    def scored(self, records: Sequence[Record]) -> dict[str, float]:
        """Of documents at the best threshold."""
        chain, keys = Chain.of(**self._network.chain.facts()), self._layout.keys
        states = [list(self._labelled(r.text, chain).states(keys)) for r in records]
        return without_pairs(best(list(tried(records, states, keys, WIDE))))

    def _labelled(self, text: str, chain: Chain) -> Labelled:
        return Labelled(tokenise(text, self._tokenizer), self._layout, chain, self._scores)

    @torch.inference_mode()
    def _scores(self, ids: Sequence[int]) -> NDArray[np.floating]:
        row = torch.tensor([list(ids)], device=self.args.device)
        scores: NDArray[np.floating] = (
            self._network(row, torch.ones_like(row))[0].float().cpu().numpy()
        )
        return scores
