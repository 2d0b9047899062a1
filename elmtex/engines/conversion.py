"""A model's OpenVINO graph on disk: converted once, compiled once for each processor."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from elmtex.models.integrity import wrong_files
from elmtex.models.llama_config import read_shape
from elmtex.models.made_once import made_once
from elmtex.models.merge import MergedWeights
from elmtex.settings import cache_folder
from elmtex.types import InputError

_CONVERSION = "6"  # raise it when a converted folder's content changes
_GRAPH = "graph.bin"  # its weights
_BLOCK, _BLOCKS = 1 << 18, 64

Floats = NDArray[np.float32]


def converted(base: Path, adapter: Path | None, precision: str, also_graph: bool = True) -> Path:
    """The folder of a model's graph and embedding, made at its first use, and again when it is
    damaged.

    Without ``also_graph`` the graph's weights are not looked at: its compiled form holds them, too,
    and 212 MB more would take a start a fifth of a second.
    """
    files = [base / "config.json", *sorted(base.glob("*.safetensors"))]
    if adapter is not None:
        files += [adapter / "adapter_config.json", adapter / "adapter_model.safetensors"]
    digest = hashlib.sha256(f"{_CONVERSION} {precision} {openvino.__version__}".encode())
    for path in files:
        try:
            digest.update(_fingerprint(path))
        except OSError as error:
            raise InputError(
                f"cannot read {path} ({error.strerror}): copy it there again"
            ) from None
    target = cache_folder() / f"openvino-{digest.hexdigest()[:20]}"
    return made_once(
        target,
        lambda folder: _convert(folder, base, adapter, precision),
        like="openvino-*",
        made_from=f"{base} and {adapter or 'no adapter'} in {precision} (conversion {_CONVERSION}, OpenVINO "
        f"{openvino.__version__})",
        look_at=None if also_graph else lambda name: name != _GRAPH,
    )


def compiled(folder: Path, options: Mapping[str, str]) -> Path:
    """The folder in which OpenVINO finds its own form of the graph: it loads in 0.3 s instead of
    1.8.

    One for each processor: for another, OpenVINO would add a file of which there is no digest.
    """

    def compile_into(made: Path) -> None:
        if wrong_files(folder, lambda name: name == _GRAPH):
            raise InputError(f"{folder / _GRAPH} is damaged")  # the caller has it made again
        openvino.Core().compile_model(
            folder / "graph.xml", "CPU", {**options, "CACHE_DIR": str(made)}
        )

    processor = openvino.Core().get_property("CPU", "FULL_DEVICE_NAME")
    name = hashlib.sha256(f"{processor} {sorted(options.items())}".encode()).hexdigest()[:12]
    return made_once(
        folder / f"compiled-{name}", compile_into, like=f"compiled-{name}", made_from=str(processor)
    )


def _convert(folder: Path, base: Path, adapter: Path | None, precision: str) -> None:
    from elmtex.engines.graph import build

    shape, weights = read_shape(base), MergedWeights(base, adapter)
    graph = build(shape, weights, precision)
    openvino.save_model(graph, folder / "graph.xml", compress_to_fp16=False)
    _save(folder / "embedding.npy", weights["model.embed_tokens.weight"], precision)
    if not shape.tied:
        _save(folder / "head.npy", weights["lm_head.weight"], precision)


def _save(path: Path, weight: Floats, precision: str) -> None:
    np.save(path, weight if precision == "float32" else weight.astype(np.float16))


def _fingerprint(path: Path) -> bytes:
    """A digest of a file: its name, size and content; of a base's weights only 64 blocks spread
    over them, as reading gigabytes at every start would take longer than loading them."""
    size = path.stat().st_size
    digest = hashlib.sha256(f"{path.name} {size}".encode())
    whole = path.name.startswith("adapter_")
    starts = range(0, size, _BLOCK if whole else max(_BLOCK, size // _BLOCKS))
    with path.open("rb") as file:
        for start in starts:
            file.seek(start)
            digest.update(file.read(_BLOCK))
    return digest.digest()
