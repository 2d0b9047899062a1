"""A chat model in this process: transformers, greedy, held to a JSON Schema by llguidance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elmtex.extractors.chat.extractor import CUT, Reply, TooLongError
from elmtex.extractors.chat.prompts import Message
from elmtex.models.base import base_folder, check_model
from elmtex.types import N_, ElmtexError, InputError, MissingDependencyError

if TYPE_CHECKING:
    import torch

MAX_REPLY = 1536  # tokens; MACCROBAT's longest gold answer takes 1,237 of SmolLM2's

LOOP_TOKENS = 96  # at least four times the same phrase of up to 24 tokens
LOOP = N_("The model repeated itself without end and was stopped; items may be missing.")


class LocalChat:
    """A model with a chat template, loaded at its first use.

    Args:
        model: as :func:`elmtex.models.base.base_folder` takes it.

    Raises:
        InputError: the name can be no model.
    """

    def __init__(self, model: str) -> None:
        check_model(model)
        self._model_name = model
        self._loaded: tuple[Any, Any, Any] | None = None  # tokenizer, model, llguidance's tokenizer

    @property
    def name(self) -> str:
        return Path(self._model_name).name

    def folders(self) -> tuple[Path, ...]:
        return (base_folder(self._model_name),)

    def settings(self) -> dict[str, str]:
        from elmtex.engines.torch import settings

        return {"engine": "torch", **settings()}

    def load(self) -> None:
        """Load the model.

        Raises:
            MissingDependencyError: torch, transformers or llguidance is not installed.
            InputError: the model cannot be had, or has no chat template.
        """
        if self._loaded is not None:
            return
        try:
            import llguidance.hf
            from transformers import AutoTokenizer

            from elmtex.engines.torch import load_model
        except ImportError as error:
            raise MissingDependencyError(
                "chat strategies need {name}: pip install 'elmtex[chat]'", name=error.name
            ) from None
        folder = base_folder(self._model_name)
        try:
            tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except Exception as error:  # transformers and tokenizers share no base class
            raise InputError(
                "the tokenizer in {folder} cannot be loaded ({kind}): copy it there again",
                folder=folder,
                kind=type(error).__name__,
            ) from None
        if not tokenizer.chat_template:
            raise InputError(
                "model {name!r} has no chat template (tokenizer_config.json or chat_template.jinja): give an "
                "instruction-tuned one",
                name=self._model_name,
            )
        model = load_model(folder)
        grammar_tokens = llguidance.hf.from_tokenizer(tokenizer, n_vocab=model.config.vocab_size)
        self._loaded = tokenizer, model, grammar_tokens

    def reply(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Reply:
        """Answer with JSON of a schema; see :class:`elmtex.extractors.chat.extractor.Chat`."""
        from llguidance import LLMatcher

        self.load()
        assert self._loaded is not None
        tokenizer, model, grammar_tokens = self._loaded
        ids = tokenizer.apply_chat_template(
            [defused(message, tokenizer.all_special_tokens) for message in messages],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        )["input_ids"]  # (1, prompt)
        check_room(ids.shape[1], model.config.max_position_embeddings)
        grammar = LLMatcher.grammar_from_json_schema(
            json.dumps(schema), {"whitespace_flexible": False}
        )
        written, problem = _decode(model, ids, LLMatcher(grammar_tokens, grammar, log_level=0))
        text = tokenizer.decode(written, skip_special_tokens=True)
        return Reply(text, problem, ids.shape[1], len(written))


def _decode(model: Any, ids: torch.Tensor, matcher: Any) -> tuple[list[int], str]:
    """The likeliest reply that the grammar allows, token by token, and why it is not whole ("" when it is).

    Tokens that the grammar forces (keys, brackets) are fed along with the one before them.
    """
    import numpy as np
    import torch
    from transformers import DynamicCache

    cache = DynamicCache(config=model.config)
    written: list[int] = []
    ids = ids.to(model.device)  # (1, fed)
    with torch.inference_mode():
        while len(written) < MAX_REPLY:
            scores = model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
            allowed = np.unpackbits(
                np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little"
            )  # (vocabulary, rounded up to whole words)
            row = scores[0, -1].float().cpu().numpy()
            row[allowed[: len(row)] == 0] = -np.inf
            token = int(row.argmax())
            fed = [token]
            matcher.consume_token(token)
            if not matcher.is_stopped():
                fed += matcher.compute_ff_tokens()
                matcher.consume_tokens(fed[1:])
            if matcher.is_error():
                # What the grammar says of it quotes the reply.
                raise ElmtexError("the reply's grammar stopped")
            written += fed
            if matcher.is_stopped():
                return written, ""  # the end sign, if it is there, is left out of the text
            if _loops(written):
                return written, LOOP
            ids = torch.tensor([fed], device=model.device)
    return written, CUT


def _loops(written: Sequence[int]) -> bool:
    """Whether the last tokens are one short phrase over and over: small models end so, and never stop."""
    last = list(written[-LOOP_TOKENS:])
    return len(last) == LOOP_TOKENS and any(
        last[period:] == last[:-period] for period in range(1, LOOP_TOKENS // 4)
    )


def check_room(tokens: int, context: int) -> None:
    """Raises TooLongError when a prompt of so many tokens leaves no room for the longest reply."""
    if context - tokens < MAX_REPLY:
        raise TooLongError(
            "the prompt has {tokens} tokens and a reply takes up to {reply}: too long for the context of {context}; "
            "shorten the report or use a model with a longer context",
            tokens=tokens,
            reply=MAX_REPLY,
            context=context,
        )


def defused(message: Message, special: Sequence[str]) -> Message:
    """The message with the model's control signs broken up: a report's words must not end its turn."""
    content = message["content"]
    for sign in special:
        content = content.replace(sign, f"{sign[0]} {sign[1:]}")
    return {**message, "content": content}
