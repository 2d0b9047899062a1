"""The attribute reader as a network: an encoder that reads a window once, and one more layer that reads, for each item, the words
near it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn.functional import gelu, scaled_dot_product_attention

from elmtex.decoding.attribute_labels import FARTHEST, OWN, ROLES
from training.chain_loss import ChainScores
from training.encoders import hidden_states

Tensors = Mapping[str, torch.Tensor]
INPUTS = ("input_ids", "attention_mask", "words", "questions", "roles", "distances", "categories")
_HEAD = 64  # dimensions of an attention head
_DROPOUT = 0.1


class AttributeNetwork(torch.nn.Module):
    """An encoder, and what it says of the words near an item.

    Args:
        encoder: a transformers model without a head.
        categories: how many of items.
        types: how many of attributes.
    """

    def __init__(self, encoder: Any, categories: int, types: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.types = types
        size = encoder.config.hidden_size
        self.dropout = torch.nn.Dropout(_DROPOUT)
        self.word = torch.nn.Linear(size, size)
        self.item = torch.nn.Linear(size, size, bias=False)
        self.category = torch.nn.Embedding(categories, size)
        self.role = torch.nn.Embedding(len(ROLES), size)
        self.distance = torch.nn.Embedding(2 * FARTHEST + 1, size)
        self.norm = torch.nn.LayerNorm(size)
        self.layer = _Layer(size)
        self.hidden = torch.nn.Linear(size, size)
        self.out = torch.nn.Linear(size, 3 * types)
        self.chain = ChainScores(types)
        with torch.no_grad():
            for table in (self.category, self.role, self.distance):
                table.weight.normal_(std=0.02)
            # Most words are in no attribute
            self.out.bias.unflatten(0, (-1, 3)).copy_(torch.tensor([2.0, -1.0, 0.0]))

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        words: torch.Tensor,
        questions: torch.Tensor,
        roles: torch.Tensor,
        distances: torch.Tensor,
        categories: torch.Tensor,
    ) -> torch.Tensor:
        """Scores (R, W, A, 3) of the labels of each type; see :func:`elmtex.decoding.attribute_labels.inputs`."""
        read = hidden_states(self.encoder, input_ids, attention_mask)
        near = read.flatten(0, 1)[words]  # (R, W, H)
        together = questions[:, :, None] == questions[:, None]  # (R, W, W)
        own = (together & (roles == OWN)[:, None]).to(near.dtype)
        item = (
            own @ near / own.sum(2, keepdim=True).clamp(min=1)
        )  # the mean of its item's words, at each word
        placed = self.role(roles) + self.distance(distances) + self.category(categories)
        mixed = self.norm(self.word(self.dropout(near)) + self.item(item) + placed)
        mixed = self.layer(mixed, together)
        scores: torch.Tensor = self.out(self.dropout(gelu(self.hidden(mixed))))
        return scores.unflatten(-1, (self.types, 3))

    def loss(self, batch: Tensors) -> torch.Tensor:
        """The negative log likelihood of the gold labels per word.

        Args:
            batch: as :func:`training.attribute_data.collate` makes it.
        """
        packed = self(*(batch[name] for name in INPUTS)).float()
        scores = packed.flatten(0, 1)[batch["places"]]  # (N, L, A, 3)
        losses = self.chain.loss(scores, batch["labels"], batch["lengths"]) * batch["known"]
        return losses.sum() / batch["lengths"].sum()


class _Layer(torch.nn.Module):
    """A transformer's layer, normalised first."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.heads = max(1, size // _HEAD)
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(size) for _ in range(3))
        self.mixing = torch.nn.Linear(size, 3 * size)
        self.mixed = torch.nn.Linear(size, size)
        self.wide = torch.nn.Linear(size, 2 * size)
        self.narrow = torch.nn.Linear(2 * size, size)
        self.dropout = torch.nn.Dropout(_DROPOUT)

    def forward(self, words: torch.Tensor, together: torch.Tensor) -> torch.Tensor:
        """(R, W, H) of words (R, W, H), of which each reads those that are ``together`` (R, W, W) with it."""
        parts = self.mixing(self.norms[0](words)).unflatten(-1, (3, self.heads, -1))
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind()  # (R, heads, W, H / heads)
        read = scaled_dot_product_attention(query, key, value, attn_mask=together[:, None])
        words = words + self.dropout(self.mixed(read.transpose(1, 2).flatten(2)))
        wide = gelu(self.wide(self.norms[1](words)))
        added: torch.Tensor = self.norms[2](words + self.dropout(self.narrow(wide)))
        return added
