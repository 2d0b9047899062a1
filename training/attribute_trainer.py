"""Trains attribute readers, and measures them on the gold items of DEV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import TrainingArguments

from elmtex.decoding.attribute_labels import AttributeLayout, Scores
from elmtex.decoding.chain import Chain
from elmtex.decoding.tokens import Tokenizer, tokenise
from elmtex.extractors.loaded_attribute_reader import with_read_attributes
from elmtex.schema import CategorySchema
from elmtex.types import Extraction, Record
from training.attribute_data import AttributeExample, collate
from training.attribute_network import AttributeNetwork
from training.calibrate_attributes import correctness_pairs, relation_f1
from training.encoder_trainer import EncoderTrainer
from training.thresholds import WIDE, best, without_pairs


class AttributeTrainer(EncoderTrainer):
    """Trains a network on examples in their order; evaluates on the attributes that it gives DEV's items.

    Args:
        network: the reader.
        config: transformers' arguments.
        rows: the examples of all epochs.
        dev: records to evaluate on.
        schema: says which attributes a category has.
        head_learning_rate: of what is not the encoder.
    """

    def __init__(
        self,
        network: AttributeNetwork,
        config: TrainingArguments,
        rows: Sequence[AttributeExample],
        dev: Sequence[Record],
        tokenizer: Tokenizer,
        layout: AttributeLayout,
        schema: CategorySchema,
        head_learning_rate: float,
    ) -> None:
        batch = partial(collate, layout=layout)
        super().__init__(network, config, rows, dev, batch, head_learning_rate)
        self._tokenizer, self._layout, self._schema = tokenizer, layout, schema

    def scored(self, records: Sequence[Record]) -> dict[str, float]:
        """Of relations at the best threshold, the gold items given."""
        chain = Chain.of(**self._network.chain.facts())
        read = (self._tokenizer, self._layout, chain, self._scores, self._schema)
        return without_pairs(best(list(tried(records, *read))))

    @torch.inference_mode()
    def _scores(self, inputs: Mapping[str, NDArray[np.int64]]) -> NDArray[np.floating]:
        batch = {k: torch.from_numpy(v).to(self.args.device) for k, v in inputs.items()}
        scores: NDArray[np.floating] = self._network(**batch).float().cpu().numpy()
        return scores


def tried(
    records: Sequence[Record],
    tokenizer: Tokenizer,
    layout: AttributeLayout,
    chain: Chain,
    scores: Scores,
    schema: CategorySchema,
    thresholds: Sequence[float] = WIDE[::4],
) -> Iterator[dict[str, Any]]:
    """A row per threshold: it, and exact and relaxed micro F1 of relations, the gold items given; ``correctness_pairs`` are the
    probability of each attribute, and 1 where the gold has it there (relaxed)."""
    known = [(r, tokenise(r.text, tokenizer)) for r in records]
    once = _once(scores)
    for threshold in thresholds:
        answers = [
            Extraction(
                *("", "", "", "ok", ()),
                with_read_attributes(tokens, r.items, schema, layout, chain, once, threshold),
            )
            for r, tokens in known
        ]
        pairs = [
            p
            for r, answer in zip(records, answers, strict=True)
            for p in correctness_pairs(r, answer)
        ]
        f1 = relation_f1(records, answers)
        yield {"threshold": threshold, **f1, "correctness_pairs": pairs}


def _once(scores: Scores) -> Scores:
    """The same, which reads nothing twice."""
    known: dict[bytes, NDArray[np.floating]] = {}

    def of(inputs: Mapping[str, NDArray[np.int64]]) -> NDArray[np.floating]:
        key = b" ".join(value.tobytes() for value in inputs.values())
        if key not in known:
            known[key] = scores(inputs)
        return known[key]

    return of
