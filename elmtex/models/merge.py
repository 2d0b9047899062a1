"""A Llama's weights as numpy arrays, one at a time, with a LoRA adapter merged in: no torch, no
peft.

LoRA: W + (alpha / r) B A (Hu et al. 2021, arXiv:2106.09685), in float32 whatever the files hold.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elmtex.models.base import check_weights
from elmtex.models.llama_config import read_json
from elmtex.types import InputError

Weights = NDArray[np.float32]

# What a PEFT adapter may ask for that a plain B A does not give; each must be absent, empty or
# false.
_REFUSED = (
    "alora_invocation_tokens", "alpha_pattern", "bias", "exclude_modules", "fan_in_fan_out", "layer_replication",
    "lora_bias", "megatron_config", "modules_to_save", "rank_pattern", "target_parameters", "trainable_token_indices",
    "use_dora", "use_rslora",
)  # fmt: skip


class MergedWeights:
    """The weights of a folder's safetensors files by their transformers names.

    Args:
        base: folder of the model.
        adapter: folder of a PEFT LoRA adapter for it, or None.

    Raises:
        InputError: no weights there, or damaged ones, or an adapter that is more than plain LoRA on
            linear layers.
    """

    def __init__(self, base: Path, adapter: Path | None) -> None:
        check_weights(base)
        self._base = base
        self._tensors = _tensors(sorted(base.glob("*.safetensors")))
        if not self._tensors:
            raise InputError(f"{base} has no weights: *.safetensors is missing")
        self._scale, self._adapter = 0.0, dict[str, Path]()
        if adapter is not None:
            self._scale = _scale(adapter)
            self._adapter = _tensors([adapter / "adapter_model.safetensors"])
            if strange := [n for n in self._adapter if self._factors(_target(n)) is None]:
                raise InputError(
                    f"adapter {adapter} holds {strange[0]!r}, which is not a LoRA factor of a weight of {base}: "
                    "use --engine torch"
                )

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def names(self) -> set[str]:
        return set(self._tensors)

    def __getitem__(self, name: str) -> Weights:
        """A weight in float32, its adapter merged in.

        Raises:
            InputError: the files hold none of that name, or one that is damaged or does not fit its
                adapter.
        """
        if name not in self._tensors:
            raise InputError(
                f"the files in {self._base} hold no tensor {name!r}: is it a whole Llama?"
            )
        path = self._tensors[name]
        weight = _read(path, name)
        if not weight.any():
            # No trained weight is; an adapter's factor may be.
            raise InputError(
                f"{path}: {name!r} holds nothing but zeros: copy the model there again"
            )
        if factors := self._factors(name):
            b, a = (_read(self._adapter[factor], factor) for factor in factors)
            if (
                (b.ndim, a.ndim) != (2, 2)
                or (len(b), a.shape[1]) != weight.shape
                or b.shape[1] != len(a)
            ):
                raise InputError(
                    f"{self._adapter[factors[0]]}: {factors[0]!r} has shape {b.shape} and its partner {a.shape}, which "
                    f"do not make a weight of shape {weight.shape}: it is an adapter of another base"
                )
            weight += np.float32(self._scale) * (b @ a)
        return weight

    def _factors(self, name: str) -> tuple[str, str] | None:
        """The names of a weight's factors B and A in the adapter."""
        stem = f"base_model.model.{name.removesuffix('.weight')}"
        b, a = f"{stem}.lora_B.weight", f"{stem}.lora_A.weight"
        known = name in self._tensors and b in self._adapter and a in self._adapter
        return (b, a) if known else None


def _target(factor: str) -> str:
    """The weight that a factor of the adapter belongs to."""
    name = factor.removeprefix("base_model.model.")
    return name.replace(".lora_A.weight", ".weight").replace(".lora_B.weight", ".weight")


def _scale(adapter: Path) -> float:
    config = read_json(adapter / "adapter_config.json")
    kind = config.get("peft_type")
    if kind != "LORA":
        raise InputError(f"adapter {adapter} is of type {kind!r}, not LORA: use --engine torch")
    for key in _REFUSED:
        if config.get(key) not in (None, False, "none", [], {}):
            raise InputError(
                f"adapter {adapter} sets {key} to {config[key]!r}, which is not plain LoRA: use --engine torch"
            )
    alpha, rank = config.get("lora_alpha"), config.get("r")
    if not all(isinstance(n, (int, float)) and math.isfinite(n) and n > 0 for n in (alpha, rank)):
        raise InputError(
            f"{adapter / 'adapter_config.json'}: lora_alpha is {alpha!r} and r is {rank!r}: both must be numbers above 0"
        )
    return float(alpha) / float(rank)  # type: ignore[arg-type]


def _tensors(files: list[Path]) -> dict[str, Path]:
    from safetensors import SafetensorError, safe_open

    found = {}
    for path in files:
        try:
            with safe_open(path, "np") as file:  # compares the length of the file with its header
                found.update(dict.fromkeys(file.keys(), path))
        except (OSError, SafetensorError) as error:
            raise InputError(
                f"{path} cannot be read ({type(error).__name__}), it may be cut off: copy it there again"
            ) from None
    return found


def _read(path: Path, name: str) -> Weights:
    """A tensor of a safetensors file in float32; safetensors' numpy reader knows no bfloat16, so we
    read bytes.

    Format: 8 bytes little-endian length of a JSON header, the header, the tensors
    (https://huggingface.co/docs/safetensors).
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[name]
        begin, end = entry["data_offsets"]
        file.seek(8 + length + begin)
        data = file.read(end - begin)
    match entry["dtype"]:
        case "BF16":  # the upper half of a float32
            flat = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
        case "F16" | "F32" | "F64" as dtype:
            flat = np.frombuffer(data, f"<f{int(dtype[1:]) // 8}").astype(np.float32)
        case dtype:
            raise InputError(f"{path} holds {name!r} as {dtype}: float weights are needed")
    weight = np.array(flat.reshape(entry["shape"]), np.float32)
    if not np.isfinite(weight).all():
        raise InputError(
            f"{path}: {name!r} holds numbers that are not finite: copy or train it again"
        )
    return weight
