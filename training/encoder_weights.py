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

from elmtex.models.encoder_folder import Kind
from elmtex.types import InputError

# A node that :mod:`training.encoder_export` traced, by its module: what it computes with its weight, and with its bias
_TRACED = re.compile(
    r"__module\.network\.(?P<module>.+)/aten::(?P<weight>linear/MatMul|embedding/Gather|layer_norm/Multiply_1)$"
    r"|__module\.network\.(?P<biased>.+)/aten::(?:linear|layer_norm)/Add$"
)
_UNUSED = "encoder.pooler."  # BERT has it, token heads do not ask it


def load_weights(network: torch.nn.Module, kind: Kind, folder: Path) -> None:
    """Give a network the weights of another one.

    Args:
        network: of the same encoder and with the same labels.
        kind: what it is.
        folder: of a run, or of a packaged one.

    Raises:
        InputError: they are those of another encoder or schema.
    """
    run = folder / "model.safetensors"
    try:
        if run.is_file():
            from safetensors.torch import load_model

            load_model(network, run)
            return
        missing, unknown = network.load_state_dict(_of_graph(folder, kind), strict=False)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{folder} has no weights for this network: {error}") from None
    if lacking := [*unknown, *(key for key in missing if not key.startswith(_UNUSED))]:
        raise InputError(f"{folder} has no weights for this network: {', '.join(lacking[:3])}")


def _of_graph(folder: Path, kind: Kind) -> dict[str, torch.Tensor]:
    """The parameters by their names, those of the chains from the facts."""
    facts = json.loads((folder / kind.facts).read_text("utf-8"))
    found = {f"chain.{key}": torch.tensor(facts[key]) for key in ("start", "transitions")}
    for node in openvino.Core().read_model(folder / "model.xml").get_ordered_ops():
        if named := _TRACED.match(node.get_friendly_name()):
            module, suffix = (
                named["module"] or named["biased"],
                "weight" if named["weight"] else "bias",
            )
            values = [v for n in node.input_values() if (v := _constant(n.get_node())) is not None]
            value = max(values, key=np.size)  # beside a gather's axis
            if named["weight"] != "linear/MatMul" and named["weight"] != "embedding/Gather":
                value = value.reshape(-1)
            found[f"{module}.{suffix}"] = torch.from_numpy(value.astype(np.float32))
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
    if any(value is None for value in inputs):
        return None
    if kind == "Multiply":
        product: NDArray[Any] = inputs[0] * inputs[1]
        return product
    first = inputs[0]
    return first.astype(np.float32) if kind == "Convert" else first.reshape(list(node.shape))
