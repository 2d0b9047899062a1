"""What a Llama's config.json says of its sizes and positions, read without transformers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elmtex.types import InputError


@dataclass(frozen=True)
class LlamaShape:
    """A Llama's sizes.

    Args:
        layers, heads, kv_heads, head_dim, hidden: as in transformers' LlamaConfig.
        epsilon: of the norms.
        tied: whether the embedding is the output layer, too.
        frequencies: (head_dim / 2,) radians per position, rope scaling included.
    """

    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    hidden: int
    epsilon: float
    tied: bool
    frequencies: NDArray[np.float64]


def read_shape(folder: Path) -> LlamaShape:
    """The shape of the model in a folder.

    Raises:
        InputError: it is not a Llama, or one with parts that only the torch engine knows; says
            which.
    """
    config = read_json(folder / "config.json")
    for key, known in {
        "model_type": ("llama",),
        "hidden_act": ("silu", None),
        "attention_bias": (False, None),
        "mlp_bias": (False, None),
    }.items():
        if config.get(key) not in known:
            raise InputError(
                f"the openvino engine runs plain Llamas, and {folder / 'config.json'} sets {key} to "
                f"{config.get(key)!r}: use --engine torch"
            )
    try:
        heads = config["num_attention_heads"]
        head_dim = config.get("head_dim") or config["hidden_size"] // heads
        return LlamaShape(
            layers=config["num_hidden_layers"],
            heads=heads,
            kv_heads=config.get("num_key_value_heads") or heads,
            head_dim=head_dim,
            hidden=config["hidden_size"],
            epsilon=config.get("rms_norm_eps", 1e-6),
            tied=config.get("tie_word_embeddings", False),
            frequencies=_frequencies(config, head_dim, folder),
        )
    except (KeyError, TypeError, ArithmeticError) as error:
        raise InputError(
            f"{folder / 'config.json'} lacks a Llama's sizes, or one is not a number ({type(error).__name__}: {error}): "
            "copy the model there again"
        ) from None


def read_json(path: Path) -> dict[str, Any]:
    """A file of a model's or an adapter's folder. Raises :class:`InputError` when it is damaged or
    missing."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read ({type(error).__name__}): copy the model there again"
        ) from None
    if not isinstance(data, dict):
        raise InputError(f"{path} must hold a JSON object, not a {type(data).__name__}")
    return data


def _frequencies(config: Mapping[str, Any], head_dim: int, folder: Path) -> NDArray[np.float64]:
    # transformers 5 writes everything into rope_parameters, 4 wrote rope_theta and rope_scaling.
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = rope.get("rope_theta") or config.get("rope_theta", 10000.0)
    plain = 1 / theta ** (np.arange(0, head_dim, 2) / head_dim)
    kind = rope.get("rope_type") or rope.get("type") or "default"
    if kind == "default":
        return plain
    if kind == "llama3":
        return _llama3(plain, rope)
    raise InputError(
        f"the openvino engine knows no rope_scaling {kind!r} (in {folder / 'config.json'}): use --engine torch"
    )


def _llama3(plain: NDArray[np.float64], rope: Mapping[str, Any]) -> NDArray[np.float64]:
    """Llama 3.1's stretched positions: slow turns divided by ``factor``, fast ones kept, a ramp
    between.

    As in transformers' ``_compute_llama3_parameters``.
    """
    turns = rope["original_max_position_embeddings"] * plain / (2 * math.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    kept = np.clip((turns - low) / (high - low), 0, 1)
    return plain * (kept + (1 - kept) / rope["factor"])
