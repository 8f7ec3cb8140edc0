"""Writes the encoder of a T5 model, as sentence-t5 and GTR have it.

https://github.com/huggingface/transformers/blob/main/src/transformers/models/t5/modeling_t5.py
"""

from __future__ import annotations

import numpy as np

from tools.migrate.export.encoder import Encoder

DISTANCES = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"


class T5Encoder(Encoder):
    """Each part is normalised before it and added after it; positions are distances only."""

    biased = False

    def write(self) -> str:
        x = self._words()
        mask = self._with_distances(self._attention_mask(), DISTANCES)
        for layer in range(self._shape.layers):
            x = self._layer(x, mask, f"encoder.block.{layer}.layer.")
        self._weights.refuse_layer(f"encoder.block.{self._shape.layers}.")
        return self._norm(x, "encoder.final_layer_norm")

    def _layer(self, x: str, mask: str, prefix: str) -> str:
        attention, feed = f"{prefix}0.SelfAttention.", f"{prefix}1.DenseReluDense."
        query, key, value = (attention + part for part in "qkv")
        normal = self._norm(x, f"{prefix}0.layer_norm")
        attended = self._attend(normal, mask, (query, key, value), 1)
        x = self._graph.node("Add", x, self._linear(attended, attention + "o"))
        inner = self._inner(self._norm(x, f"{prefix}1.layer_norm"), feed)
        return self._graph.node("Add", x, self._linear(inner, feed + "wo"))

    def _inner(self, x: str, feed: str) -> str:
        if not self._shape.gated:
            return self._activate(self._linear(x, feed + "wi"))
        gate = self._activate(self._linear(x, feed + "wi_0"))
        return self._graph.node("Mul", gate, self._linear(x, feed + "wi_1"))

    def _norm(self, x: str, name: str) -> str:
        """By the root of the mean square, without mean and bias."""
        graph = self._graph
        mean = graph.node("ReduceMean", graph.node("Mul", x, x), graph.integers(-1))
        epsilon = graph.constant(np.float32(self._shape.epsilon))
        root = graph.node("Sqrt", graph.node("Add", mean, epsilon))
        weight = graph.constant(self._weights.tensor(f"{name}.weight"))
        return graph.node("Mul", weight, graph.node("Div", x, root))
