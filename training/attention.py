"""Attention that skips what the branch mask hides.

A note sees the report up to its sentence and itself: over a whole sequence about 70 % of all pairs
of positions are hidden. PyTorch's kernel on the CPU computes them all and masks them; here queries
go block by block, each against the columns that some row of it sees, and the query heads that share
keys are one product. The results are the same but for rounding: in bfloat16 the scores are rounded
before their softmax.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask
from transformers.modeling_utils import AttentionInterface

NAME = "visible_columns"
_BLOCK = 256  # queries; smaller blocks hide more columns and cost more calls


class _Blocks:
    """The visible columns of every block of a mask, worked out once and used by all layers."""

    def __init__(self) -> None:
        self._mask: torch.Tensor | None = None
        self._blocks: list[tuple[int, int, torch.Tensor, torch.Tensor]] = []

    def of(
        self, mask: torch.Tensor, dtype: torch.dtype
    ) -> list[tuple[int, int, torch.Tensor, torch.Tensor]]:
        """(first row, end, columns, what is added to the scores of rows x columns) by block.

        Args:
            mask: (1, 1, N, N) boolean.
            dtype: of the scores.
        """
        if mask is not self._mask:
            rows = mask.shape[2]
            self._blocks = []
            for start in range(0, rows, _BLOCK):
                end = min(start + _BLOCK, rows)
                columns = mask[0, 0, start:end].any(0).nonzero()[:, 0]
                hidden = ~mask[0, 0, start:end, columns]
                added = torch.zeros(hidden.shape, dtype=dtype).masked_fill_(hidden, float("-inf"))
                self._blocks.append((start, end, columns, added))
            self._mask = mask
        return self._blocks


_BLOCKS = _Blocks()


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """transformers' attention interface: query (1, H, N, D), key and value (1, H / groups, N, D) →
    (1, N, H, D)."""
    assert attention_mask is not None and query.shape[0] == 1
    heads, size = query.shape[1], query.shape[3]
    shared = key.shape[1]
    query = query[0] * (size**-0.5 if scaling is None else scaling)
    parts = []
    for start, end, columns, added in _BLOCKS.of(attention_mask, query.dtype):
        rows = query[:, start:end].reshape(shared, -1, size)  # (shared, groups * rows, D)
        scores = rows @ key[0].index_select(1, columns).transpose(1, 2)
        scores.view(heads, *added.shape).add_(added)
        seen = torch.dropout(scores.softmax(-1), dropout, module.training)
        parts.append((seen @ value[0].index_select(1, columns)).view(heads, end - start, size))
    return torch.cat(parts, 1).transpose(0, 1)[None], None


def register() -> str:
    """Make the attention known to transformers; its name is for ``attn_implementation``."""
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME
