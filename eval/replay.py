"""What a chat model would take to write our answer: one JSON, token by token, held to its schema by a grammar.

Every pass through the model and every mask of the grammar is computed as if the token were to be chosen by them; then
the known token is taken. So the seconds are those of sequential decoding that delivers exactly our items.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from elmtex.schema import CategorySchema
from elmtex.strategies.chat import LocalChat
from elmtex.strategies.prompts import answer, naive_prompt, reply_schema
from elmtex.types import Item


@dataclass(frozen=True)
class Replayed:
    """Tokens of the prompt, and of the answer: a pass each."""

    prompt_tokens: int
    reply_tokens: int


class Replay:
    """A local chat model that is made to write known answers.

    Args:
        schema: the categories of the answers.
        model: as :class:`elmtex.strategies.chat.LocalChat` takes it.
    """

    def __init__(self, schema: CategorySchema, model: str) -> None:
        self._schema = schema
        self._chat = LocalChat(model)

    def load(self) -> None:
        self._chat.load()

    def folders(self) -> tuple[Path, ...]:
        return self._chat.folders()

    def write(self, report: str, items: Mapping[str, Sequence[Item]]) -> Replayed:
        """Write the answer that holds ``items`` as a chat model would; at most 80 of a category, as its schema allows.

        Raises:
            ValueError: the grammar refuses the answer: its schema and ``items`` do not fit.
        """
        import torch
        from llguidance import LLMatcher
        from transformers import DynamicCache

        self.load()
        assert self._chat._loaded is not None
        tokenizer, model, grammar_tokens = self._chat._loaded
        ids = tokenizer.apply_chat_template(
            naive_prompt(self._schema, report),
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        )["input_ids"].to(model.device)  # (1, prompt)
        known = tokenizer(answer(self._schema, items), add_special_tokens=False)["input_ids"]
        grammar = LLMatcher.grammar_from_json_schema(
            json.dumps(reply_schema(self._schema)), {"whitespace_flexible": False}
        )
        matcher = LLMatcher(grammar_tokens, grammar)
        cache = DynamicCache(config=model.config)
        prompt = ids.shape[1]
        with torch.inference_mode():
            for token in known:
                row = model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
                mask = np.frombuffer(matcher.compute_bitmask(), np.uint8)
                allowed = np.unpackbits(mask, bitorder="little")[: row.shape[-1]]
                np.where(allowed, row[0, -1].float().cpu().numpy(), -np.inf).argmax()
                if not matcher.consume_token(token):
                    raise ValueError("the grammar refuses a token of the answer")
                ids = torch.tensor([[token]], device=model.device)
        return Replayed(prompt, len(known))
