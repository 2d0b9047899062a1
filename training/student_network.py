"""The student as a network: an encoder, a score for every label of every category at each token, and the loss of the
chains (:mod:`elmtex.decoding.chain`) over the words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from elmtex.decoding.chain import BEGIN, INSIDE, OUTSIDE
from training.chain_loss import ChainScores
from training.encoders import hidden_states, open_encoder

Tensors = Mapping[str, torch.Tensor]


class StudentNetwork(torch.nn.Module):
    """An encoder with token heads.

    Args:
        encoder: a transformers model without a head. One that reads forwards alone, as a Llama, reads both ways here.
        categories: how many it labels.
    """

    def __init__(self, encoder: Any, categories: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.categories = categories
        self.dropout = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(encoder.config.hidden_size, 3 * categories + 3)
        self.chain = ChainScores(categories)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Scores (B, T, 3 C + 3) of tokens (B, T): the labels of each category, then the assertions."""
        hidden = hidden_states(self.encoder, input_ids, attention_mask)
        scores: torch.Tensor = self.head(self.dropout(hidden))
        return scores

    def loss(
        self, batch: Tensors, non_present_weight: float = 1.0, missed_weight: float = 1.0
    ) -> torch.Tensor:
        """The negative log likelihood of the gold labels per word, and that of the gold items' assertions.

        Args:
            batch: as :func:`training.student_data.collate` makes it.
            non_present_weight: weight of an absent or possible item's assertion; others weigh 1.
            missed_weight: over 1, a missed word of an item costs more than a false one: the margin log(weight) of
                softmax-margin (Gimpel and Smith 2010).
        """
        given = self(batch["input_ids"], batch["attention_mask"]).float()
        flat = given.reshape(-1, given.shape[-1])  # (B T, 3 C + 3)
        split = 3 * self.categories
        scores = flat[batch["words"], :split].unflatten(-1, (self.categories, 3))  # (S, L, C, 3)
        labels, known, lengths = batch["labels"], batch["known"], batch["lengths"]
        # The margin raises the scores of what is wrong, not that of the gold labels
        margin = torch.zeros_like(scores)
        if missed_weight != 1:
            margin[..., OUTSIDE] = (labels != OUTSIDE) * math.log(missed_weight)
        losses = self.chain.loss(scores + margin, labels, lengths) * known  # (S, C)
        loss: torch.Tensor = losses.sum() / lengths.sum()
        if len(batch["assertions"]):
            loss = loss + self._assertion_loss(flat[:, split:], batch, non_present_weight)
        return loss

    def _assertion_loss(
        self, scores: torch.Tensor, batch: Tensors, non_present_weight: float
    ) -> torch.Tensor:
        targets, owners = batch["assertions"], batch["item_of_word"]
        sums = scores.new_zeros(len(targets), 3).index_add(0, owners, scores[batch["item_words"]])
        means = sums / owners.bincount(minlength=len(targets))[:, None]
        weights = scores.new_tensor([1.0, non_present_weight, non_present_weight])
        return cross_entropy(means, targets, weights)


def open_network(name: str, layers: int | None, categories: int) -> StudentNetwork:
    """An encoder with new heads; see :func:`training.encoders.open_encoder`."""
    network = StudentNetwork(open_encoder(name, layers), categories)
    with torch.no_grad():  # most words are in no item
        network.head.bias[:-3].unflatten(0, (-1, 3)).copy_(torch.tensor([2.0, -1.0, 0.0]))
    return network


assert (OUTSIDE, BEGIN, INSIDE) == (0, 1, 2)  # the order of the initial bias above
