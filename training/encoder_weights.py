"""The weights of a student or an attribute reader to train further: of a run, or of a packaged one, whose int8 weights are near enough."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from elmtex.models.encoder_folder import Kind
from elmtex.types import InputError

# A node that :mod:`training.encoder_export` traced, by its module and by what it does with its weight, or, adding, its bias
_TRACED = re.compile(
    r"__module\.network\.(.+)/aten::(linear/MatMul|embedding/Gather|layer_norm/Multiply_1|(?:linear|layer_norm)/Add)"
)
_UNUSED = "encoder.pooler."  # BERT has it, token heads do not ask it


def load_weights(network: torch.nn.Module, kind: Kind, folder: Path, part: str = "") -> None:
    """Give a network the weights of another one.

    Args:
        network: of the same encoder and, if all is taken, with the same labels.
        kind: what the other one is.
        folder: of a run, or of a packaged one.
        part: what is taken, by the beginning of its parameters' names: ``encoder.``; all by default.

    Raises:
        InputError: they are those of another encoder or schema.
    """
    run = folder / "model.safetensors"
    try:
        weights = load_file(run) if run.is_file() else _of_graph(folder, kind)
        taken = {key: value for key, value in weights.items() if key.startswith(part)}
        missing, unknown = network.load_state_dict(taken, strict=False)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder} has no weights for this network: {error}") from None
    lacking = [key for key in missing if key.startswith(part) and not key.startswith(_UNUSED)]
    if lacking := [*unknown, *lacking]:
        raise InputError(f"{folder} has no weights for this network: {', '.join(lacking[:3])}")


def _of_graph(folder: Path, kind: Kind) -> dict[str, torch.Tensor]:
    """The parameters by their names, those of the chains from the facts."""
    facts = json.loads((folder / kind.facts).read_text("utf-8"))
    found = {f"chain.{key}": torch.tensor(facts[key]) for key in ("start", "transitions")}
    for node in openvino.Core().read_model(folder / "model.xml").get_ordered_ops():
        if traced := _TRACED.fullmatch(node.get_friendly_name()):
            values = [v for n in node.input_values() if (v := _constant(n.get_node())) is not None]
            value = max(values, key=np.size)  # beside a gather's axis
            suffix = "bias" if traced[2].endswith("Add") else "weight"
            flat = value.reshape(-1) if value.ndim == 3 else value
            found[f"{traced[1]}.{suffix}"] = torch.from_numpy(flat.astype(np.float32))
    return found


def _constant(node: Any) -> NDArray[Any] | None:
    """What a node holds that depends on no input: a constant, or int8 weights times their scales."""
    kind = node.get_type_name()
    if kind == "Constant":
        data: NDArray[Any] = node.data
        return data
    if kind not in ("Convert", "Multiply", "Reshape"):
        return None
    inputs = [_constant(value.get_node()) for value in node.input_values()]
    known = [value for value in inputs if value is not None]
    if len(known) < len(inputs):
        return None
    if kind == "Convert":
        return known[0].astype(np.float32)
    product: NDArray[Any] = (
        known[0] * known[1] if kind == "Multiply" else known[0].reshape(node.shape)
    )
    return product
