"""Attention that skips what the branch mask hides.

A note sees the report up to its sentence and itself: over a whole sequence about 70 % of all pairs of positions are
hidden. PyTorch's kernel on the CPU computes them all and masks them; here queries go block by block, each against
the columns that some row of it sees. The results are the same.
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

    def of(self, mask: torch.Tensor) -> list[tuple[int, int, torch.Tensor, torch.Tensor]]:
        """(first row, end, columns, mask of rows x columns) by block; ``mask`` is (1, 1, N, N) boolean."""
        if mask is not self._mask:
            rows = mask.shape[2]
            self._blocks = []
            for start in range(0, rows, _BLOCK):
                end = min(start + _BLOCK, rows)
                columns = mask[0, 0, start:end].any(0).nonzero()[:, 0]
                self._blocks.append((start, end, columns, mask[:, :, start:end, columns]))
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
    """transformers' attention interface: query (1, H, N, D), key and value (1, H / groups, N, D) → (1, N, H, D)."""
    assert attention_mask is not None and query.shape[0] == 1
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    parts = [
        torch.nn.functional.scaled_dot_product_attention(
            query[:, :, start:end],
            key.index_select(2, columns),
            value.index_select(2, columns),
            attn_mask=mask,
            dropout_p=dropout,
            scale=scaling,
        )
        for start, end, columns, mask in _BLOCKS.of(attention_mask)
    ]
    return torch.cat(parts, 2).transpose(1, 2).contiguous(), None


def register() -> str:
    """Make the attention known to transformers; its name is for ``attn_implementation``."""
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME
