"""Runs an encoder's OpenVINO graph on the CPU: token ids in, label scores out.

One window at a time, so that an answer depends on no other report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elmtex.types import InputError, MissingDependencyError

try:
    import openvino
except ImportError:
    raise MissingDependencyError(
        "an encoder needs openvino: pip install 'elmtex[fast]', or give --no-second-opinion --no-attributes"
    ) from None


def settings() -> dict[str, str]:
    """What an answer depends on besides the model's files."""
    return {"engine": "openvino", "version": str(openvino.__version__)}


class Encoder:
    """A graph with one output.

    Args:
        graph: the .xml file, its .bin beside it.
        threads: CPU threads; None takes all cores.
        at_once: windows that are read at the same time, from as many threads.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(self, graph: Path, threads: int | None = None, at_once: int = 1) -> None:
        options = {
            "NUM_STREAMS": str(at_once),
            "INFERENCE_PRECISION_HINT": "f32",
            # With it an answer would depend on what else is in the pass
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
            "ENABLE_CPU_PINNING": "NO",
        }
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = str(threads)
        try:
            self._compiled = openvino.Core().compile_model(graph, "CPU", options)
        except RuntimeError as error:
            raise InputError(
                f"{graph} cannot be read ({type(error).__name__}): copy it there again"
            ) from None
        self._spare: list[openvino.InferRequest] = []

    def scores(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """The scores (T, K) of T token ids, of a graph with the inputs ``input_ids`` and ``attention_mask`` (1, T) and an
        output (1, T, K); any thread may ask."""
        row = np.array([ids], np.int64)
        scores: NDArray[np.float32] = self.run(
            {"input_ids": row, "attention_mask": np.ones_like(row)}
        )[0]
        return scores

    def run(self, inputs: Mapping[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        """The graph's output; any thread may ask."""
        try:
            request = self._spare.pop()
        except IndexError:  # all are in use
            request = self._compiled.create_infer_request()
        request.infer(dict(inputs))
        output: NDArray[np.float32] = request.output_tensors[0].data.copy()
        self._spare.append(request)
        return output
