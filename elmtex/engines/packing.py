"""Several reports in one pass of a torch model: their tokens go through the weights together, each attends to its own cache.

A pass over a few tokens takes a GPU as long as one over many, for it reads all weights either way. So the sessions that
threads feed meanwhile are fed in one pass, end to end. Attention is computed for each alone, under its own mask; the
rest of a layer knows no neighbours. So a report is answered as alone, to rounding.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import AttentionInterface, Cache, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward

ATTENTION = "elmtex_packed"  # its name among those of transformers


@dataclass
class Feed:
    """What one session is fed: n tokens behind the ones in its cache.

    Args:
        tokens, positions: (n,) on the model's device.
        mask: (n, past + n), what each token sees.
        cache: the session's, which grows by n.
        hidden: the answer, (n, hidden).
    """

    tokens: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    cache: Cache
    hidden: Future[torch.Tensor] = field(default_factory=Future)


class Packer:
    """Feeds sessions together: of those that wait, up to ``at_once`` in a pass.

    Args:
        model: its attention becomes this module's; nothing else may run it any more.
        at_once: feeds of a pass, at most.
    """

    def __init__(self, model: PreTrainedModel, at_once: int) -> None:
        model.set_attn_implementation(ATTENTION)
        self._model, self._at_once = model, at_once
        self._waiting: queue.SimpleQueue[Feed] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True, name="elmtex-packer").start()

    def feed(self, feed: Feed) -> torch.Tensor:
        """Wait for a feed's turn; (n, hidden). Raises what its pass raised."""
        self._waiting.put(feed)
        return feed.hidden.result()

    def _work(self) -> None:
        while True:
            together = [self._waiting.get()]
            while len(together) < self._at_once and not self._waiting.empty():
                together.append(self._waiting.get())
            try:
                self._fed(together)
            except Exception as error:  # a defect must not leave anybody waiting
                for feed in together:
                    if not feed.hidden.done():
                        feed.hidden.set_exception(error)

    def _fed(self, together: Sequence[Feed]) -> None:
        lengths = [feed.cache.get_seq_length() for feed in together]
        try:
            answers = pass_of(self._model, together)
        except Exception as error:
            for feed, length in zip(together, lengths, strict=True):
                _shorten(feed.cache, length)  # some layers may have grown
            if len(together) == 1:  # the memory may hold one report and not several
                together[0].hidden.set_exception(error)
                return
            for feed in together:
                self._fed([feed])
            return
        for feed, hidden in zip(together, answers, strict=True):
            feed.hidden.set_result(hidden)


def _shorten(cache: Cache, length: int) -> None:
    layers: Any = cache.layers
    for layer in layers:
        surplus = layer.get_seq_length() - length
        if surplus > 0:
            layer.crop(-surplus)


@torch.inference_mode()
def pass_of(model: PreTrainedModel, together: Sequence[Feed]) -> list[torch.Tensor]:
    """Feed sessions in one pass; (n, hidden) of each."""
    run: Callable[..., Any] = model.model
    hidden = run(
        input_ids=torch.cat([feed.tokens for feed in together])[None],  # (1, N)
        position_ids=torch.cat([feed.positions for feed in together])[None],
        # Four dimensions, or transformers would make a mask of its own; none of it is looked at.
        attention_mask=together[0].mask[None, None],
        use_cache=False,
        packed=together,
    ).last_hidden_state[0]  # (N, hidden)
    return list(hidden.split([len(feed.tokens) for feed in together]))


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,  # (1, heads, N, d)
    key: torch.Tensor,  # (1, key heads, N, d)
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    packed: Sequence[Feed],
    scaling: float | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Each feed's tokens over its own cache: (1, N, heads, d)."""
    sizes = [len(feed.tokens) for feed in packed]
    parts = []
    for feed, q, k, v in zip(
        packed, query.split(sizes, 2), key.split(sizes, 2), value.split(sizes, 2), strict=True
    ):
        keys, values = feed.cache.update(k, v, module.layer_idx)  # type: ignore[arg-type]
        mask = feed.mask[None, None]
        parts.append(sdpa_attention_forward(module, q, keys, values, mask, scaling=scaling)[0])
    return torch.cat(parts, 1), None


AttentionInterface.register(ATTENTION, _attention)
