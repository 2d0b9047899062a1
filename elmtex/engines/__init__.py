"""Engines run a Llama over one flat cache. They know no clinical word; :mod:`elmtex.decoding.loop` drives them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol

from elmtex.decoding.loop import Session
from elmtex.types import InputError

# Where each engine's class lives; imported when it is chosen.
ENGINES = {"torch": "elmtex.engines.torch:TorchEngine"}
AUTO = "torch"


class Engine(Protocol):
    """A loaded model."""

    def session(self) -> Session:
        """An empty cache of its own; several may be open at once."""
        ...


def check_engine(name: str) -> str:
    """The engine's name with ``auto`` resolved. Raises :class:`InputError` when there is none of that name."""
    if name == "auto":
        return AUTO
    if name not in ENGINES:
        raise InputError(f"unknown engine {name!r}: use auto or one of: {', '.join(ENGINES)}")
    return name


def open_engine(name: str, base: Path, adapter: Path | None, threads: int | None) -> Engine:
    """Load a model.

    Args:
        name: a key of ``ENGINES`` or ``auto``.
        base: folder of the base model.
        adapter: folder of a LoRA adapter to merge into it; None for the base alone.
        threads: CPU threads; None leaves the choice to the engine.

    Raises:
        InputError: unknown engine.
        MissingDependencyError: the engine's packages are not installed.
    """
    module, _, attribute = ENGINES[check_engine(name)].partition(":")
    engine: Engine = getattr(importlib.import_module(module), attribute)(base, adapter, threads)
    return engine
