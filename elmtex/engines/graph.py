"""A Llama as an OpenVINO graph of our own; :mod:`elmtex.engines.openvino` runs it and says why it looks like this.

Inputs: ``x`` (n, hidden) embeddings; ``cos``, ``sin`` (n, 1, head_dim); ``bias`` (1, 1, n, C + n), 0 where a query
sees a slot and -1e30 where not; for each layer the keys and values of C slots, ``k0``, ``v0`` … (kv_heads, C, head_dim).
Outputs: ``hidden`` (n, hidden) after the last norm, then for each layer its new keys and values (kv_heads, n, head_dim).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from openvino import Model, Node
from openvino import opset15 as op

from elmtex.engines.llama import LlamaShape
from elmtex.engines.merged import MergedWeights, Weights

GROUP = 8  # weights that share a scale in int8


def build(shape: LlamaShape, weights: MergedWeights, precision: str) -> Model:
    """The graph.

    Args:
        shape: the model's sizes.
        weights: its weights.
        precision: ``int8`` (the linear layers' weights; everything else stays float32) or ``float32``.
    """
    kv, wide = shape.kv_heads, shape.head_dim
    x = hidden = op.parameter([-1, shape.hidden], np.float32, name="x")
    cos, sin = (op.parameter([-1, 1, wide], np.float32, name=name) for name in ("cos", "sin"))
    bias = op.parameter([1, 1, -1, -1], np.float32, name="bias")
    inputs, outputs = [x, cos, sin, bias], []
    for layer in range(shape.layers):
        past = [op.parameter([kv, -1, wide], np.float32, name=f"{n}{layer}") for n in "kv"]
        inputs += past
        block = _Block(shape, weights, f"model.layers.{layer}.", precision)
        hidden, new = block.attention(hidden, (cos, sin), bias, past)
        hidden = block.feed_forward(hidden)
        outputs += new
    hidden = _norm(hidden, weights["model.norm.weight"], shape.epsilon)
    results = [op.result(node) for node in (hidden, *outputs)]
    return Model(results, inputs, "llama")


class _Block:
    """One decoder layer."""

    def __init__(
        self, shape: LlamaShape, weights: MergedWeights, prefix: str, precision: str
    ) -> None:
        self._shape, self._weights, self._prefix = shape, weights, prefix
        self._precision = precision

    def attention(
        self, x: Node, angles: tuple[Node, Node], bias: Node, past: Sequence[Node]
    ) -> tuple[Node, list[Node]]:
        """x + attention of its norm; and the new slots' keys and values."""
        s = self._shape
        h = self._norm(x, "input_layernorm")
        qkv = _reshape(
            self._linear(h, *(f"self_attn.{n}_proj" for n in "qkv")),
            [0, s.heads + 2 * s.kv_heads, s.head_dim],
        )
        turned, v = _split(qkv, 1, [s.heads + s.kv_heads, s.kv_heads])
        q, k = _split(_rotate(turned, *angles), 1, [s.heads, s.kv_heads])
        q, k, v = (_transpose(node, [1, 0, 2]) for node in (q, k, v))  # (heads, n, head_dim)
        # The queries that share a key head lie below one another: one product a key head, no copies of keys.
        q = _reshape(op.multiply(q, np.float32(s.head_dim**-0.5)), [s.kv_heads, -1, s.head_dim])
        keys, values = (op.concat(pair, 1) for pair in zip(past, (k, v), strict=True))
        scores = op.matmul(q, keys, False, True)  # (kv_heads, group * n, C + n)
        sizes = op.shape_of(bias)
        n, both = (op.gather(sizes, op.constant(i), op.constant(0)) for i in ([2], [3]))
        four = op.concat([op.constant([s.kv_heads, s.heads // s.kv_heads]), n, both], 0)
        three = op.concat([op.constant([s.kv_heads, -1]), both], 0)
        chance = op.softmax(op.add(op.reshape(scores, four, False), bias), 3)
        seen = op.matmul(op.reshape(chance, three, False), values, False, False)
        joined = _reshape(
            _transpose(_reshape(seen, [s.heads, -1, s.head_dim]), [1, 0, 2]),
            [-1, s.heads * s.head_dim],
        )
        return op.add(x, self._linear(joined, "self_attn.o_proj")), [k, v]

    def feed_forward(self, x: Node) -> Node:
        h = self._norm(x, "post_attention_layernorm")
        both = self._linear(h, "mlp.gate_proj", "mlp.up_proj")
        gate, up = op.split(both, op.constant(1), 2).outputs()
        return op.add(x, self._linear(op.multiply(op.swish(gate), up), "mlp.down_proj"))

    def _norm(self, x: Node, name: str) -> Node:
        return _norm(x, self._weights[f"{self._prefix}{name}.weight"], self._shape.epsilon)

    def _linear(self, x: Node, *names: str) -> Node:
        """x times the transposes of these weights, side by side in one product."""
        weight = np.concatenate([self._weights[f"{self._prefix}{n}.weight"] for n in names])
        constant = _int8(weight) if self._precision == "int8" else op.constant(weight)
        return op.matmul(x, constant, False, True)


def _int8(weight: Weights) -> Node:
    """A weight as int8 with a float32 scale for each ``GROUP`` neighbours of a row."""
    rows, columns = weight.shape
    group = math.gcd(columns, GROUP)
    grouped = weight.reshape(rows, columns // group, group)
    scale = np.maximum(np.abs(grouped).max(2, keepdims=True), np.float32(1e-12)) / np.float32(127)
    whole = np.rint(grouped / scale).astype(np.int8)
    # OpenVINO knows convert → multiply → reshape as compressed weights and keeps them so in memory.
    product = op.multiply(op.convert(op.constant(whole), np.float32), op.constant(scale))
    return _reshape(product, [rows, columns])


def _norm(x: Node, weight: Weights, epsilon: float) -> Node:
    mean = op.reduce_mean(op.power(x, np.float32(2)), op.constant([-1]), True)
    inverse = op.divide(np.float32(1), op.sqrt(op.add(mean, np.float32(epsilon))))
    return op.multiply(op.multiply(x, inverse), op.constant(weight[None]))


def _rotate(x: Node, cos: Node, sin: Node) -> Node:
    """Rotary embedding of (n, heads, head_dim), the two halves of a head being the pairs."""
    a, b = op.split(x, op.constant(2), 2).outputs()
    other = op.concat([op.multiply(b, np.float32(-1)), a], 2)
    return op.add(op.multiply(x, cos), op.multiply(other, sin))


def _reshape(x: Any, sizes: list[int]) -> Node:
    """Reshape; a 0 keeps the size, a -1 takes what is left."""
    return op.reshape(x, op.constant(sizes), True)


def _transpose(x: Any, order: list[int]) -> Node:
    return op.transpose(x, op.constant(order))


def _split(x: Node, axis: int, lengths: list[int]) -> list[Any]:
    return list(op.variadic_split(x, op.constant(axis), op.constant(lengths)).outputs())
