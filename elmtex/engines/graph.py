"""A Llama as an OpenVINO graph of our own; :mod:`elmtex.engines.openvino` runs it and says why it
looks like this.

Inputs: ``x`` (n, hidden) embeddings; ``cos``, ``sin`` (1, 1, n, head_dim); ``bias`` (1, 1, n, C +
n), 0 where a query sees a slot and -1e30 where not; for each layer the keys and values of C slots,
``k0``, ``v0`` … (1, kv_heads, C, head_dim). Outputs: ``hidden`` (n, hidden) after the last norm,
then for each layer its new keys and values (1, kv_heads, n, head_dim). Keys and values are bfloat16
where the weights are, else float32; all other inputs and outputs are float32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from openvino import Model, Node, Shape, Tensor, Type
from openvino import opset15 as op

from elmtex.models.llama_config import LlamaShape
from elmtex.models.merge import MergedWeights, Weights

GROUP = 8  # weights that share a scale in int8


def build(shape: LlamaShape, weights: MergedWeights, precision: str) -> Model:
    """The graph.

    Args:
        shape: the model's sizes.
        weights: its weights.
        precision: ``int8`` (the linear layers' weights; everything else stays float32),
            ``bfloat16`` (also keys and values; the rest is float32 here and computed as OpenVINO is
            told) or ``float32``.
    """
    kv, wide = shape.kv_heads, shape.head_dim
    kept = Type.bf16 if precision == "bfloat16" else Type.f32
    x = hidden = op.parameter([-1, shape.hidden], np.float32, name="x")
    cos, sin = (op.parameter([1, 1, -1, wide], np.float32, name=name) for name in ("cos", "sin"))
    bias = op.parameter([1, 1, -1, -1], np.float32, name="bias")
    inputs, outputs = [x, cos, sin, bias], []
    # The queries that share a key head lie below one another: one product per key head, no copies
    # of keys.
    shown = op.concat([bias] * (shape.heads // kv), 2)  # (1, 1, group * n, C + n)
    for layer in range(shape.layers):
        past = [op.parameter([1, kv, -1, wide], kept, name=f"{n}{layer}") for n in "kv"]
        inputs += past
        block = _Block(shape, weights, f"model.layers.{layer}.", precision)
        hidden, new = block.attention(hidden, (cos, sin), shown, past)
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
            [1, -1, s.heads + 2 * s.kv_heads, s.head_dim],
        )
        turned, v = (
            _transpose(part, [0, 2, 1, 3])  # (1, heads, n, head_dim)
            for part in _split(qkv, 2, [s.heads + s.kv_heads, s.kv_heads])
        )
        q, k = _split(_rotate(turned, *angles), 1, [s.heads, s.kv_heads])
        q = _reshape(q, [1, s.kv_heads, -1, s.head_dim])
        new = [op.convert(node, past[0].get_element_type()) for node in (k, v)]
        keys, values = (
            op.convert(op.concat(pair, 2), Type.f32) for pair in zip(past, new, strict=True)
        )
        scores = op.add(op.matmul(q, keys, False, True), bias)  # (1, kv_heads, group * n, C + n)
        seen = op.matmul(op.softmax(scores, 3), values, False, False)
        joined = _reshape(
            _transpose(_reshape(seen, [1, s.heads, -1, s.head_dim]), [0, 2, 1, 3]),
            [-1, s.heads * s.head_dim],
        )
        return op.add(x, self._linear(joined, "self_attn.o_proj")), new

    def feed_forward(self, x: Node) -> Node:
        h = self._norm(x, "post_attention_layernorm")
        both = self._linear(h, "mlp.gate_proj", "mlp.up_proj")
        gate, up = op.split(both, op.constant(1), 2).outputs()
        return op.add(x, self._linear(op.multiply(op.swish(gate), up), "mlp.down_proj"))

    def _norm(self, x: Node, name: str) -> Node:
        return _norm(x, self._weights[f"{self._prefix}{name}.weight"], self._shape.epsilon)

    def _linear(self, x: Node, *names: str) -> Node:
        """x times the transposes of these weights, side by side in one product."""
        weight = np.concatenate([self._weight(name) for name in names])
        if self._precision == "bfloat16":  # the product itself, or OpenVINO unpacks the weights
            product = op.matmul(op.convert(x, Type.bf16), _bfloat16(weight), False, True)
            return op.convert(product, Type.f32)
        constant = int8(weight) if self._precision == "int8" else op.constant(weight)
        return op.matmul(x, constant, False, True)

    def _weight(self, name: str) -> Weights:
        weight = self._weights[f"{self._prefix}{name}.weight"]
        if name == "self_attn.q_proj":  # what attention divides its scores by: a node less
            weight *= np.float32(self._shape.head_dim**-0.5)
        return weight


def int8(weight: Weights) -> Node:
    """A weight as int8 with a float32 scale for each ``GROUP`` neighbours of a row."""
    rows, columns = weight.shape
    group = math.gcd(columns, GROUP)
    grouped = weight.reshape(rows, columns // group, group)
    scale = np.maximum(np.abs(grouped).max(2, keepdims=True), np.float32(1e-12)) / np.float32(127)
    whole = np.rint(grouped / scale).astype(np.int8)
    # OpenVINO knows convert → multiply → reshape as compressed weights and keeps them so in memory.
    product = op.multiply(op.convert(op.constant(whole), np.float32), op.constant(scale))
    return _reshape(product, [rows, columns])


def _bfloat16(weight: Weights) -> Node:
    """A weight as bfloat16, rounded to the nearest; OpenVINO's own conversion rounds most down."""
    bits = weight.view(np.uint32)
    tensor = Tensor(Type.bf16, Shape(weight.shape))
    tensor.data.view(np.uint16)[:] = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    return op.constant(tensor)


def _norm(x: Node, weight: Weights, epsilon: float) -> Node:
    mean = op.reduce_mean(op.power(x, np.float32(2)), op.constant([-1]), True)
    inverse = op.divide(np.float32(1), op.sqrt(op.add(mean, np.float32(epsilon))))
    return op.multiply(op.multiply(x, inverse), op.constant(weight[None]))


def _rotate(x: Node, cos: Node, sin: Node) -> Node:
    """Rotary embedding of (1, heads, n, head_dim), the two halves of a head being the pairs.

    OpenVINO makes one node of it only in this form: four axes, and the last named -1.
    """
    half = x.get_output_partial_shape(0)[3].get_length() // 2
    a, b = _split(x, 3, [half, half])
    other = op.concat([op.multiply(b, np.float32(-1)), a], -1)
    return op.add(op.multiply(x, cos), op.multiply(other, sin))


def _reshape(x: Any, sizes: list[int]) -> Node:
    """Reshape; a 0 keeps the size, a -1 takes what is left."""
    return op.reshape(x, op.constant(sizes), True)


def _transpose(x: Any, order: list[int]) -> Node:
    return op.transpose(x, op.constant(order))


def _split(x: Node, axis: int, lengths: list[int]) -> list[Any]:
    return list(op.variadic_split(x, op.constant(axis), op.constant(lengths)).outputs())
