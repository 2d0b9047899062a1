"""From examples to tensors: several side by side in one row, masked from one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from elmtex.decoding.layout import TrainingSequence

LAYOUT = ("input_ids", "position_ids", "attention_mask")  # of a row: what the model reads


class Collator:
    """TRL wants its data as a ``datasets.Dataset``: its rows are numbers of ``examples``, put into
    a row here."""

    def __init__(self, *examples: Sequence[TrainingSequence]) -> None:
        self._examples = examples

    def __call__(self, rows: Sequence[dict[str, int]]) -> dict[str, torch.Tensor]:
        return collate([self._examples[row["part"]][row["example"]] for row in rows])


def collate(parts: Sequence[TrainingSequence]) -> dict[str, torch.Tensor]:
    """Put sequences side by side into one row, masked from one another.

    Returns:
        input_ids, position_ids (1, N); attention_mask (1, 1, N, N) boolean; rows (D,) where
        decisions are made; allowed (D, K) token ids padded with -1; chosen (D,) columns of
        ``allowed``; non_present (D,) boolean, true where an item is marked absent or possible.
    """
    lengths = [len(part.tokens) for part in parts]
    offsets = np.cumsum([0, *lengths])
    mask = np.zeros((offsets[-1], offsets[-1]), dtype=bool)
    for part, start, end in zip(parts, offsets[:-1], offsets[1:], strict=True):
        mask[start:end, start:end] = part.mask()
    decisions = [
        (start + d.row, d)
        for part, start in zip(parts, offsets, strict=False)
        for d in part.decisions
    ]
    allowed = np.full((len(decisions), max(len(d.allowed) for _, d in decisions)), -1)
    for i, (_, decision) in enumerate(decisions):
        allowed[i, : len(decision.allowed)] = decision.allowed
    return {
        "input_ids": torch.from_numpy(np.concatenate([part.tokens for part in parts]))[None],
        "position_ids": torch.from_numpy(np.concatenate([part.positions for part in parts]))[None],
        "attention_mask": torch.from_numpy(mask)[None, None],
        "rows": torch.tensor([row for row, _ in decisions]),
        "allowed": torch.from_numpy(allowed),
        "chosen": torch.tensor([d.chosen for _, d in decisions]),
        "non_present": torch.tensor([d.non_present for _, d in decisions]),
    }
