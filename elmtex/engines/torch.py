"""The reference engine: any Llama that transformers can load, in float32 on the CPU, or bfloat16 on
a GPU when there is one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.layout import Ints, Mask
from elmtex.engines import flat, read_prompt
from elmtex.models.base import check_weights
from elmtex.types import InputError, MissingDependencyError

if TYPE_CHECKING:
    from elmtex.engines.packing import Packer

try:
    import torch
    from transformers import AutoModelForCausalLM, DynamicCache, PreTrainedModel
    from transformers.utils import logging as transformers_logging
except ImportError as error:
    raise MissingDependencyError(
        f"the torch engine needs {error.name}: pip install torch==2.13.0 && pip install 'elmtex[torch]'"
    ) from None


def settings() -> dict[str, str]:
    """See :func:`elmtex.engines.settings`."""
    precision = "bfloat16" if torch.cuda.is_available() else "float32"
    return {"precision": precision, "version": str(torch.__version__)}


class TorchEngine:
    """A transformers model with its adapter merged in.

    Args:
        base: folder of the base model.
        adapter: folder of a PEFT adapter, or None.
        threads: CPU threads for torch; None keeps torch's own choice.
        at_once: sessions fed at the same time. A GPU is fed with them together, see :mod:`elmtex.engines.packing`; on a
            CPU, which gains nothing by it, torch shares its threads out by itself.
    """

    def __init__(
        self,
        base: Path,
        adapter: Path | None = None,
        threads: int | None = None,
        at_once: int = 1,
    ) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        model = load_model(base, adapter)
        self._start(model, at_once if model.device.type == "cuda" else 1)

    @classmethod
    def of(cls, model: PreTrainedModel, packs: int = 1) -> TorchEngine:
        """An engine around a model that is in memory already; more than one in ``packs`` feeds so many sessions in a
        pass."""
        engine = cls.__new__(cls)
        engine._start(model.eval(), packs)
        return engine

    def _start(self, model: PreTrainedModel, packs: int) -> None:
        self._model = model
        self._packer = None
        if packs > 1:
            from elmtex.engines.packing import Packer

            self._packer = Packer(model, packs)

    def session(self, prompt: tuple[int, ...] = ()) -> TorchSession:
        session = TorchSession(self._model, self._packer)
        read_prompt(session, prompt)
        return session


def load_model(base: Path, adapter: Path | None = None) -> PreTrainedModel:
    """A model ready to run, on a GPU when there is one.

    Args:
        base: folder of the base model.
        adapter: folder of a PEFT adapter to merge into it, or None.

    Raises:
        InputError: a file of them is damaged, or holds no whole model.
    """
    check_weights(base)
    transformers_logging.disable_progress_bar()
    gpu = torch.cuda.is_available()
    try:
        answer: Any = AutoModelForCausalLM.from_pretrained(
            base,
            dtype=torch.bfloat16 if gpu else torch.float32,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # transformers, safetensors and json share no base class
        raise InputError(
            f"the model in {base} cannot be loaded ({type(error).__name__}): copy it there again"
        ) from None
    model, loading = answer
    if missing := sorted(loading["missing_keys"]):
        # transformers only warns, and initialises them at random.
        raise InputError(f"the files in {base} hold no tensor {missing[0]!r}: copy it there again")
    _check_numbers(model, base)
    if adapter is not None:
        model = _merged(model, adapter)
    return torch.nn.Module.to(model, "cuda" if gpu else "cpu").eval()


def _merged(model: PreTrainedModel, adapter: Path) -> PreTrainedModel:
    from peft import PeftModel

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*missing adapter keys")
            model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    except Exception as error:
        raise InputError(
            f"the adapter in {adapter} cannot be loaded ({type(error).__name__}): copy it there again, and check that it "
            "is one of this base"
        ) from None
    _check_numbers(model, adapter)
    return model


def _check_numbers(model: PreTrainedModel, folder: Path) -> None:
    for name, weight in model.named_parameters():
        if not torch.isfinite(weight).all() or (weight.ndim > 1 and not weight.any()):
            raise InputError(
                f"{folder}: {name!r} holds nothing but zeros, or numbers that are not finite: copy or train it again"
            )


class TorchSession:
    """One flat cache of a transformers model; see :class:`elmtex.decoding.loop.Session`."""

    def __init__(self, model: PreTrainedModel, packer: Packer | None = None) -> None:
        self._model, self._packer = model, packer
        self._cache = DynamicCache(config=model.config)

    @torch.inference_mode()
    def feed(
        self,
        tokens: Ints,
        positions: Ints,
        mask: Mask,
        asked: Sequence[tuple[int, tuple[int, ...]]],
    ) -> list[NDArray[np.floating]]:
        device = self._model.device
        hidden = self._hidden(
            *(torch.from_numpy(one).to(device) for one in (tokens, positions, mask))
        )
        rows, ids, places = flat(asked)
        # An empty list would become floats, which index nothing.
        index = partial(torch.tensor, dtype=torch.long, device=device)
        weight = self._model.get_output_embeddings().weight[index(ids)]
        precise = torch.promote_types(
            hidden.dtype, torch.float32
        )  # 16 bits would make near scores equal
        products = hidden[index(rows)].to(precise) * weight.to(precise)
        scores = products.sum(1).cpu().numpy()  # (K,)
        return [scores[own] for own in places]

    def _hidden(
        self, tokens: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """The last hidden states of tokens: (n, hidden)."""
        if self._packer is not None:
            from elmtex.engines.packing import Feed

            return self._packer.feed(Feed(tokens, positions, mask, self._cache))
        hidden: torch.Tensor = self._model.model(
            input_ids=tokens[None],  # (1, n)
            position_ids=positions[None],
            attention_mask=mask[None, None],  # (1, 1, n, past + n)
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state[0]
        return hidden

    def keep(self, slots: int) -> None:
        surplus = self._cache.get_seq_length() - slots
        if surplus:
            self._cache.crop(-surplus)
