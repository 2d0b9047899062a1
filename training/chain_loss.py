"""The loss of :mod:`elmtex.decoding.chain`: how improbable the gold labels are among all labellings."""

from __future__ import annotations

from typing import Any

import torch

from elmtex.decoding.chain import FORBIDDEN, INSIDE, OUTSIDE


class ChainScores(torch.nn.Module):
    """The learnt scores of C chains: of a first label, and of a label after another."""

    _first: torch.Tensor  # what no labelling may hold
    _after: torch.Tensor

    def __init__(self, chains: int) -> None:
        super().__init__()
        self.start = torch.nn.Parameter(torch.zeros(chains, 3))
        self.transitions = torch.nn.Parameter(torch.zeros(chains, 3, 3))
        first, after = torch.zeros(3), torch.zeros(3, 3)
        first[INSIDE] = after[OUTSIDE, INSIDE] = FORBIDDEN
        self.register_buffer("_first", first, persistent=False)
        self.register_buffer("_after", after, persistent=False)

    def loss(
        self, scores: torch.Tensor, labels: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        """(S, C) negative log likelihoods.

        Args:
            scores: (S, L, C, 3) of the labels of each word of S sentences.
            labels: (S, L, C) the gold's.
            lengths: (S,) words of each sentence.
        """
        return self._total(scores, lengths) - self._right(scores, labels, lengths)

    def _right(
        self, scores: torch.Tensor, labels: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        """(S, C) scores of the gold labellings."""
        inside = torch.arange(labels.shape[1], device=labels.device) < lengths[:, None]  # (S, L)
        own = scores.gather(3, labels[..., None])[..., 0]
        each = torch.arange(scores.shape[2], device=labels.device)
        first = own[:, :1] + self.start[each, labels[:, 0]][:, None]
        later = own[:, 1:] + self.transitions[each, labels[:, :-1], labels[:, 1:]]
        total: torch.Tensor = (torch.cat([first, later], 1) * inside[..., None]).sum(1)
        return total

    def _total(self, scores: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(S, C) log sums over all labellings."""
        ways = self.transitions + self._after
        before = self.start + self._first + scores[:, 0]  # (S, C, 3)
        for i in range(1, scores.shape[1]):
            step = scores[:, i] + torch.logsumexp(before[..., None] + ways, 2)
            before = torch.where((i < lengths)[:, None, None], step, before)
        return torch.logsumexp(before, 2)

    def facts(self) -> dict[str, Any]:
        """The scores for a file of facts, as :meth:`elmtex.decoding.chain.Chain.of` takes them."""
        names = ("start", "transitions")
        return {name: getattr(self, name).detach().double().tolist() for name in names}
