"""Engines run a Llama over one flat cache. They know nothing clinical; :mod:`elmtex.decoding.loop`
drives them."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from elmtex.decoding.loop import Session
from elmtex.models.llama_config import read_shape
from elmtex.types import InputError

# Where each engine's class lives; imported when it is chosen.
ENGINES = {
    "openvino": "elmtex.engines.openvino:OpenVINOEngine",
    "torch": "elmtex.engines.torch:TorchEngine",
}


class Engine(Protocol):
    """A loaded model."""

    def session(self, prompt: tuple[int, ...] = ()) -> Session:
        """A new cache that has read a prompt with causal attention; several may be open."""
        ...


def read_prompt(session: Session, prompt: Sequence[int]) -> None:
    """Feed a prompt to an empty session."""
    if prompt:
        n = len(prompt)
        causal = np.tril(np.ones((n, n), dtype=bool))
        session.feed(np.array(prompt), np.arange(n), causal, [(n - 1, (prompt[0],))])


def flat(asked: Sequence[tuple[int, tuple[int, ...]]]) -> tuple[list[int], list[int], list[slice]]:
    """The scores a session computes, one dot product each: far fewer than rows times vocabulary.

    Args:
        asked: as :meth:`elmtex.decoding.loop.Session.feed` has it.

    Returns:
        (K,) rows, (K,) tokens, and where among the K each pair's own are.
    """
    rows = [row for row, choices in asked for _ in choices]
    tokens = [token for _, choices in asked for token in choices]
    ends = accumulate((len(choices) for _, choices in asked), initial=0)
    return rows, tokens, [slice(*ends) for ends in pairwise(ends)]


def check_engine(name: str) -> str:
    """The engine's name itself. Raises :class:`InputError` when there is none of that name."""
    if name != "auto" and name not in ENGINES:
        raise InputError(f"unknown engine {name!r}: use auto or one of: {', '.join(ENGINES)}")
    return name


def open_engine(
    name: str, base: Path, adapter: Path | None, threads: int | None, at_once: int = 1
) -> Engine:
    """Load a model.

    Args:
        name: a key of ``ENGINES`` or ``auto``, which is the fastest one installed for this model.
        base: folder of the base model.
        adapter: folder of a LoRA adapter to merge into it; None for the base alone.
        threads: CPU threads; None leaves the choice to the engine.
        at_once: sessions that will be fed at the same time, from as many threads.

    Raises:
        InputError: unknown engine, or a model that it cannot run.
        MissingDependencyError: the engine's packages are not installed.
    """
    module, _, attribute = ENGINES[chosen(name, base)].partition(":")
    load = getattr(importlib.import_module(module), attribute)
    engine: Engine = load(base, adapter, threads, at_once)
    return engine


def settings(name: str, base: Path) -> dict[str, str]:
    """What an answer depends on besides the model's files: the engine, its version, the precision
    it computes in.

    Arguments and errors as :func:`open_engine` has them.
    """
    engine = chosen(name, base)
    module = importlib.import_module(ENGINES[engine].partition(":")[0])
    known: dict[str, str] = module.settings()
    return {"engine": engine, **known}


def chosen(name: str, base: Path) -> str:
    """The engine that a name means for a model: ``auto`` is the fastest one."""
    return fastest(base) if check_engine(name) == "auto" else name


def fastest(base: Path) -> str:
    """The engine for a model on this machine: torch on a GPU, else openvino where it is installed
    and knows the model."""
    if importlib.util.find_spec("openvino") is None or _gpu():
        return "torch"
    try:
        read_shape(base)
    except InputError:
        return "torch"
    return "openvino"


def _gpu() -> bool:
    # torch takes seconds to import: it is imported only where a driver is installed.
    if shutil.which("nvidia-smi") is None or not all(
        map(importlib.util.find_spec, ("torch", "transformers", "peft"))
    ):
        return False
    import torch

    return torch.cuda.is_available()
