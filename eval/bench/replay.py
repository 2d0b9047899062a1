"""The cost of a chat model that writes our answer: one JSON, token by token, held to its schema by
a grammar.

Every pass through the model and every mask of the grammar is computed as if the token were to be
chosen by them; then the known token is taken. So the seconds are those of sequential decoding that
delivers exactly our items.
"""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from elmtex.extractors.chat.prompts import answer, naive_prompt, reply_schema
from elmtex.models.base import base_folder
from elmtex.provenance import usable_cores
from elmtex.schema import CategorySchema
from elmtex.types import Item


@dataclass(frozen=True)
class Replayed:
    """Tokens of the prompt, and of the answer: a pass each."""

    prompt_tokens: int
    reply_tokens: int


class Runner(Protocol):
    """A model that is fed a prompt, then the answer's tokens one by one."""

    def feed(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Feed these tokens; returns the (vocabulary,) logits of the next."""
        ...

    def choose(self, logits: NDArray[np.float32]) -> int:
        """The most probable token that the grammar allows."""
        ...

    def take(self, token: int) -> None:
        """Tell the grammar what was written.

        Raises:
            ValueError: it refuses it: the answer does not fit the schema.
        """
        ...


class Replay:
    """A model that is made to write known answers.

    Args:
        schema: the categories of the answers.
        model: as :func:`elmtex.models.base.base_folder` takes it; with a chat template.
        quantisation: None for transformers with llguidance; else of llama.cpp, which must be
            installed.
    """

    def __init__(self, schema: CategorySchema, model: str, quantisation: str | None = None) -> None:
        self._schema, self._folder, self._quantisation = schema, base_folder(model), quantisation
        self._tokenizer: Any = None
        self._model: Any = None

    def folders(self) -> tuple[Path, ...]:
        return (self._folder,)

    def load(self) -> None:
        from transformers import AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
        self._model = (
            _LlamaCpp(self._folder, self._quantisation)
            if self._quantisation
            else _Transformers(self._folder, self._tokenizer)
        )

    def write(self, report: str, items: Mapping[str, Sequence[Item]]) -> Replayed:
        """Write the answer that holds ``items`` as a chat model would; at most 80 of a category, as
        its schema allows.

        Raises:
            ValueError: the grammar refuses the answer: its schema and ``items`` do not fit.
        """
        if self._model is None:
            self.load()
        prompt = self._tokenizer.apply_chat_template(
            naive_prompt(self._schema, report), add_generation_prompt=True, return_dict=True
        )["input_ids"]
        known = self._tokenizer(answer(self._schema, items), add_special_tokens=False)["input_ids"]
        runner: Runner = self._model.start(json.dumps(reply_schema(self._schema)))
        fed = prompt
        for token in known:
            runner.choose(runner.feed(fed))
            runner.take(token)
            fed = [token]
        return Replayed(len(prompt), len(known))


class _Transformers:
    def __init__(self, folder: Path, tokenizer: Any) -> None:
        import llguidance.hf
        import torch
        from transformers import AutoModelForCausalLM

        self.model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True
        ).eval()
        self.tokens = llguidance.hf.from_tokenizer(tokenizer, n_vocab=self.model.config.vocab_size)

    def start(self, schema: str) -> Runner:
        return _TransformersRunner(self, schema)


class _TransformersRunner:
    def __init__(self, loaded: _Transformers, schema: str) -> None:
        from llguidance import LLMatcher
        from transformers import DynamicCache

        grammar = LLMatcher.grammar_from_json_schema(schema, {"whitespace_flexible": False})
        self._model, self._matcher = loaded.model, LLMatcher(loaded.tokens, grammar)
        self._cache = DynamicCache(config=loaded.model.config)

    def feed(self, ids: Sequence[int]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            logits: NDArray[np.float32] = (
                self._model(
                    torch.tensor([ids]),
                    past_key_values=self._cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
                .logits[0, -1]
                .numpy()
            )
        return logits

    def choose(self, logits: NDArray[np.float32]) -> int:
        mask = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        allowed = np.unpackbits(mask, bitorder="little")[: len(logits)]
        return int(np.where(allowed, logits, -np.inf).argmax())

    def take(self, token: int) -> None:
        if not self._matcher.consume_token(token):
            raise ValueError("the grammar refuses a token of the answer")


def llama_cpp_installed() -> bool:
    return importlib.util.find_spec("llama_cpp") is not None


class _LlamaCpp:
    """llama.cpp through llama-cpp-python, on all cores.

    The grammar is asked about the one token that is taken, which is what llama.cpp's own sampler
    does first, and about the whole vocabulary (much more expensive) only if it refuses that: as if
    the model were always right at once.
    """

    def __init__(self, folder: Path, quantisation: str) -> None:
        import llama_cpp

        with tempfile.TemporaryDirectory() as scratch:
            small = Path(scratch) / "small.gguf"
            # In a process of its own, whose memory is not counted.
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                pool.submit(_quantise, folder, small, quantisation).result()
            cores = usable_cores()
            self.llama = llama_cpp.Llama(
                str(small), n_ctx=8192, n_threads=cores, n_threads_batch=cores, verbose=False
            )

    def start(self, schema: str) -> Runner:
        return _LlamaCppRunner(self.llama, schema)


def _quantise(folder: Path, target: Path, quantisation: str) -> None:
    import ctypes

    import llama_cpp

    from elmtex.models.gguf_writer import write

    whole = write(folder, target.with_name("whole.gguf"), "f16")
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{quantisation.upper()}")
    files = str(whole).encode(), str(target).encode()
    if llama_cpp.llama_model_quantize(*files, ctypes.byref(params)):
        raise ValueError(f"llama.cpp could not quantise {folder} to {quantisation}")


class _LlamaCppRunner:
    def __init__(self, llama: Any, schema: str) -> None:
        import llama_cpp
        from llama_cpp._internals import LlamaTokenDataArray

        llama.reset()
        self._llama, self._api = llama, llama_cpp
        self._candidates = LlamaTokenDataArray(n_vocab=llama.n_vocab())
        grammar = llama_cpp.LlamaGrammar.from_json_schema(schema, verbose=False)
        self._sampler = llama_cpp.llama_sampler_init_grammar(
            llama._model.vocab, grammar._grammar.encode(), grammar._root.encode()
        )
        if not self._sampler:
            raise ValueError("llama.cpp cannot read its own grammar of the schema")

    def __del__(self) -> None:
        if getattr(self, "_sampler", None):
            self._api.llama_sampler_free(self._sampler)

    def feed(self, ids: Sequence[int]) -> NDArray[np.float32]:
        self._llama.eval(ids)
        logits = self._llama._ctx.get_logits_ith(-1)
        return np.ctypeslib.as_array(logits, shape=(self._llama.n_vocab(),))

    def choose(self, logits: NDArray[np.float32]) -> int:
        return int(logits.argmax())

    def take(self, token: int) -> None:
        import ctypes

        row, candidates = self._candidates.candidates_data[:1], self._candidates.candidates
        row.id[0], row.logit[0], candidates.size = token, 0.0, 1
        self._api.llama_sampler_apply(self._sampler, ctypes.byref(candidates))
        if not np.isfinite(row.logit[0]):
            raise ValueError("the grammar refuses a token of the answer")
        self._api.llama_sampler_accept(self._sampler, token)
