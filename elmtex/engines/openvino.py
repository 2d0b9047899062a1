"""The fast engine: a Llama with bfloat16 or int8 weights on the CPU by OpenVINO, without torch.

A transformers step costs 50 ms of overhead where this model's weights are read in 5. OpenVINO's
core comes as one wheel without a compiler, and runs a graph of ours (:mod:`elmtex.engines.graph`)
with the flat cache and the mask that :mod:`elmtex.decoding.loop` wants. What was tried is in
eval/BENCHMARKS.md; what it came to:

- bfloat16 where the CPU multiplies it itself (AMX, AVX-512 BF16): weights, keys and values, and
  the activations, except a layer's sums. There it reads 2 to 3 times as fast as int8,
  writes 1.5 times, and is nearer to float32: .0055 off against .0070.
- Else int8 weights with one scale per 8 weights and float32 arithmetic. OpenVINO's dynamic
  quantisation of activations is off: with it an answer depends on what else is in the pass.
- A row's result does not depend on what other rows of the pass hold nor on how many follow; only
  the place of its slots moves the order of sums: int8 by a millionth, bfloat16 by its own rounding,
  about .005.
- The cache is numpy's, handed to the graph as inputs without a copy. OpenVINO's stateful attention
  reads the whole cache for every row; two plain products with the queries of a key head packed
  together take a third of its time.
- A long prefix is read in pieces: their scores stay in the processor's cache, and a piece does not
  look at what follows.
- OpenVINO packs int8 weights in one form for passes of 8 to 80 rows, in another for all others, 107
  MB each. Pieces are no wider and narrower passes are filled up, so that there is one until a
  sentence of more comes. bfloat16 has one form; its tiles have 16 rows, and a pass of another width
  than the one before costs 5 to 10 ms more: widths are multiples of 16, pieces of 256.
- The embedding stays outside, memory-mapped in float16: a step looks up its tokens and scores the
  ids asked for.

The converted graph is kept in the user's cache directory (:mod:`elmtex.engines.conversion`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.layout import Ints, Mask
from elmtex.engines import flat, read_prompt
from elmtex.models.llama_config import read_shape
from elmtex.types import InputError, MissingDependencyError

try:
    import openvino
except ImportError:
    raise MissingDependencyError(
        "the openvino engine needs openvino: pip install 'elmtex[fast]'"
    ) from None

from elmtex.engines.conversion import compiled, converted

_ROOM = 256  # slots by which the cache grows
_PROMPTS = 8  # prompts kept in memory: 3.5 MB each
_UNSEEN = np.float32(-1e30)

Floats = NDArray[np.float32]
Slots = NDArray[Any]  # keys and values: float32, or the bits of bfloat16 as uint16


@dataclass(frozen=True)
class _Precision:
    """How the graph of a precision is run."""

    hint: str  # OpenVINO's name of its arithmetic
    kept: openvino.Type  # of keys and values
    stored: type[np.generic]  # what numpy makes of that
    rows: int  # run at once are a multiple of this
    piece: int  # and about this many


PRECISIONS = {
    "bfloat16": _Precision("bf16", openvino.Type.bf16, np.uint16, 16, 256),
    "int8": _Precision("f32", openvino.Type.f32, np.float32, 8, 80),
    "float32": _Precision("f32", openvino.Type.f32, np.float32, 8, 80),
}


def default_precision() -> str:
    """The precision for this CPU: bfloat16 where it multiplies that itself, else int8."""
    able = set(openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    # BF16 alone also means CPUs that merely convert it, without AVX-512; only with that is there
    # WINOGRAD.
    return "bfloat16" if {"BF16", "WINOGRAD"} <= able else "int8"


def settings() -> dict[str, str]:
    """See :func:`elmtex.engines.settings`."""
    return {"precision": default_precision(), "version": str(openvino.__version__)}


class OpenVINOEngine:
    """A Llama on the CPU.

    Args:
        base: folder of the base model.
        adapter: folder of a LoRA adapter, or None.
        threads: CPU threads; None takes all cores.
        at_once: sessions fed at the same time; the threads are divided among them, so that each
            wastes less on waiting for the others and more reports are done in all.
        precision: of the linear layers' weights, one of ``PRECISIONS``; None takes
            :func:`default_precision`.

    Raises:
        InputError: a model or adapter that this engine does not know; says why.
    """

    def __init__(
        self,
        base: Path,
        adapter: Path | None = None,
        threads: int | None = None,
        at_once: int = 1,
        precision: str | None = None,
    ) -> None:
        precision = precision or default_precision()
        if precision not in PRECISIONS:
            raise InputError(
                f"unknown precision {precision!r}: use one of: {', '.join(PRECISIONS)}"
            )
        self.shape, self.precision = read_shape(base), PRECISIONS[precision]
        folder = converted(base, adapter, precision, also_graph=False)
        options = {
            "NUM_STREAMS": str(at_once),
            "INFERENCE_PRECISION_HINT": self.precision.hint,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
            # Or the threads of every process sit on the machine's first cores
            "ENABLE_CPU_PINNING": "NO",
            # Kernels of shapes seen before: all that there are of widths and rooms, or each pass
            # makes its own again.
            "CPU_RUNTIME_CACHE_CAPACITY": "3000",
        }
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = str(threads)
        if threads is None and at_once == 1:  # interactive use
            with suppress(OSError, InputError):  # a read-only cache: it starts a second later
                options["CACHE_DIR"] = str(compiled(folder, options))
        if "CACHE_DIR" not in options:  # the graph itself is read
            converted(base, adapter, precision)
        self.embedding: Floats = np.load(folder / "embedding.npy", mmap_mode="r")  # (vocab, hidden)
        self.head = self.embedding
        if not self.shape.tied:
            self.head = np.load(folder / "head.npy", mmap_mode="r")
        self._compiled = openvino.Core().compile_model(folder / "graph.xml", "CPU", options)
        self._spare: list[tuple[openvino.InferRequest, Slots]] = []
        # Keys and values of the prompts read so far, one for each schema in use.
        self._prompts: dict[tuple[int, ...], Slots] = {}

    def session(self, prompt: tuple[int, ...] = ()) -> OpenVINOSession:
        try:
            request, memory = self._spare.pop()
        except IndexError:  # all are in use
            request = self._compiled.create_infer_request()
            memory = np.zeros(0, self.precision.stored)
        session = OpenVINOSession(self, request, memory)
        known = self._prompts.get(prompt)
        if known is not None:
            session.fill(known)
        elif prompt:
            read_prompt(session, prompt)
            if len(self._prompts) >= _PROMPTS:
                self._prompts.clear()
            self._prompts[prompt] = session.slots()
        return session

    def take_back(self, request: openvino.InferRequest, memory: Slots) -> None:
        """Keep a session's request and memory for the next one: fresh memory costs a page fault
        every 4 KiB."""
        self._spare.append((request, memory))


class OpenVINOSession:
    """One flat cache; see :class:`elmtex.decoding.loop.Session`."""

    def __init__(
        self, engine: OpenVINOEngine, request: openvino.InferRequest, memory: Slots
    ) -> None:
        self._engine, self._request, self._memory = engine, request, memory
        self._filled = 0
        self._use(0)

    def __del__(self) -> None:
        self._engine.take_back(self._request, self._memory)

    def feed(
        self,
        tokens: Ints,
        positions: Ints,
        mask: Mask,
        asked: Sequence[tuple[int, tuple[int, ...]]],
    ) -> list[NDArray[np.floating]]:
        hidden = np.concatenate(
            [
                self._run(tokens[first:end], positions[first:end], mask[first:end])
                for first, end in pairwise(_cuts(mask, self._engine.precision.piece))
            ]
        )  # (n, hidden)
        rows, ids, places = flat(asked)
        weight = self._engine.head[ids].astype(np.float32)
        # Not a matrix product: the threads of numpy's would keep spinning for some 50 ms after it,
        # on the graph's cores.
        scores = np.einsum("ij,ij->i", hidden[rows], weight)  # (K,)
        return [scores[own] for own in places]

    def keep(self, slots: int) -> None:
        self._filled = slots

    def slots(self) -> Slots:
        """A copy of what it has read: (2 * layers, kv_heads, n, head_dim)."""
        return self._cache[:, :, : self._filled].copy()

    def fill(self, slots: Slots) -> None:
        """Take another session's slots; this one must be empty."""
        n = slots.shape[2]
        self._grow(n)
        self._cache[:, :, :n] = slots
        self._filled = n

    def _run(self, tokens: Ints, positions: Ints, mask: Mask) -> Floats:
        """Add slots for a piece of a feed; ``mask`` may extend to the right, where a piece sees
        nothing."""
        n, filled, room = len(tokens), self._filled, self._cache.shape[2]
        multiple = self._engine.precision.rows
        rows = -(-n // multiple) * multiple
        again = np.minimum(np.arange(rows), n - 1)  # those after n see nothing and are not kept
        tokens, positions = tokens[again], positions[again]
        angles = np.outer(positions, self._engine.shape.frequencies)
        angles = np.concatenate([angles, angles], axis=1)[None, None]
        bias = np.full((1, 1, rows, room + rows), _UNSEEN)
        bias[0, 0, :n, :filled][mask[:, :filled]] = 0
        bias[0, 0, :n, room : room + n][mask[:, filled : filled + n]] = 0
        self._request.infer(
            {
                "x": self._engine.embedding[tokens].astype(np.float32),
                "cos": np.cos(angles).astype(np.float32),
                "sin": np.sin(angles).astype(np.float32),
                "bias": bias,
            },
            share_inputs=True,
            share_outputs=True,
        )
        results, *new = (output.data for output in self._request.output_tensors)
        hidden: Floats = results[:n].copy()  # the request writes the next pass's there
        if filled + n > room:
            self._grow(filled + n)
        for cache, slots in zip(self._cache, new, strict=True):
            cache[:, filled : filled + n] = slots[0, :, :n].view(cache.dtype)
        self._filled += n
        return hidden

    def _grow(self, slots: int) -> None:
        """Make room for so many slots; each head's move up within the same memory, the last head
        first."""
        layers, heads, room, wide = self._cache.shape
        before = self._cache.reshape(layers * heads, room * wide)
        room = -(-slots // _ROOM) * _ROOM
        size, filled = room * wide, self._filled * wide  # numbers of a head
        if len(before) * size > len(self._memory):
            self._memory = np.zeros(max(len(before) * size, 2 * len(self._memory)), before.dtype)
        for head in reversed(range(len(before))):
            self._memory[head * size : head * size + filled] = before[head, :filled]
        self._use(room)

    def _use(self, room: int) -> None:
        """Lay the cache out with so many slots, and let the graph read it where it lies."""
        shape = self._engine.shape
        sizes = (2 * shape.layers, shape.kv_heads, room, shape.head_dim)
        self._cache: Slots = self._memory[: math.prod(sizes)].reshape(sizes)
        for i, slots in enumerate(self._cache):
            tensor = openvino.Tensor(
                slots, openvino.Shape([1, *slots.shape]), self._engine.precision.kept
            )
            self._request.set_tensor(f"{'kv'[i % 2]}{i // 2}", tensor)


def _cuts(mask: Mask, piece: int) -> list[int]:
    """Where a feed is cut into pieces of about so many rows none of which sees a later piece.

    Args:
        mask: (n, past + n) as :class:`elmtex.decoding.loop.Session` has it.
        piece: rows.

    Returns:
        Ascending rows, the first 0, the last n.
    """
    n, width = mask.shape
    if n <= piece:  # nearly every pass
        return [0, n]
    seen = width - mask[:, ::-1].argmax(
        1
    )  # the slots up to the last one a row sees; each sees itself
    reach = np.maximum.accumulate(seen) - (width - n)
    possible = [row for row in range(1, n + 1) if reach[row - 1] <= row]
    cuts = [0]
    while cuts[-1] < n:
        near = [row for row in possible if cuts[-1] < row <= cuts[-1] + piece]
        cuts.append(near[-1] if near else next(row for row in possible if row > cuts[-1]))
    return cuts
