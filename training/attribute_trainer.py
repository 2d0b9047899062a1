"""Trains attribute readers, and measures them on the gold items of DEV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import TrainingArguments

from elmtex.decoding.attribute_labels import AttributeLayout, Scores, attributes
from elmtex.decoding.chain import Chain
from elmtex.decoding.gold import notes_of
from elmtex.decoding.select import attributes_of
from elmtex.decoding.tokens import Tokenizer, tokenise
from elmtex.schema import CategorySchema
from elmtex.types import Extraction, Item, Record
from eval.metrics.attributes import STRENGTHS, relations
from eval.metrics.documents import pair
from eval.metrics.entity import Counts, overlap
from training.attribute_data import AttributeExample, collate
from training.attribute_network import AttributeNetwork
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
    types = {c.key: [type.key for type in c.attributes] for c in schema.categories}
    known = [(r, tokenise(r.text, tokenizer)) for r in records]
    once = _once(scores)
    for threshold in thresholds:
        counts = {strength: Counts() for strength in STRENGTHS}
        pairs: list[tuple[float, int]] = []
        for record, tokens in known:
            notes = notes_of(tokens, record.items)
            items = dict.fromkeys(notes.values())
            found = attributes(tokens, items, types, layout, chain, once, threshold)
            spans = {at: found.get(note, ()) for at, note in notes.items()}
            answer = {
                key: tuple(
                    replace(item, attributes=attributes_of(tokens, spans.get((key, n), ())))
                    for n, item in enumerate(row)
                )
                for key, row in record.items.items()
            }
            both = pair(record, Extraction("", "", "", "ok", (), answer))
            for strength in STRENGTHS:
                for count in relations(both, record.attributes, strength).values():
                    counts[strength] += count
            pairs += _correctness_pairs(record, answer)
        f1: dict[str, Any] = {strength: _f1(count) for strength, count in counts.items()}
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


def _correctness_pairs(
    record: Record, answer: Mapping[str, Sequence[Item]]
) -> Iterator[tuple[float, int]]:
    for key, row in record.items.items():
        for gold, given in zip(row, answer[key], strict=True):
            for found in given.attributes:
                if found.type in record.attributes and found.confidence is not None:
                    of_type = (a for a in gold.attributes if a.type == found.type)
                    yield found.confidence, int(any(overlap(a, found) for a in of_type))


def _f1(count: Counts) -> float:
    return round(2 * count.tp / max(1, 2 * count.tp + count.fp + count.fn), 4)
