"""Writes a BERT-architecture encoder as an ONNX graph that ends in one vector per text.

The graph is that of transformers' BertModel in evaluation, followed by sentence-transformers'
Pooling: https://github.com/huggingface/transformers/blob/main/src/transformers/models/bert/modeling_bert.py
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import TensorProto

from tools.migrate.export.graph import Graph
from tools.migrate.export.recipes import Floats, Recipe
from tools.migrate.export.weights import Weights
from vectorstore.commandline import CommandError

WORDS = "embeddings.word_embeddings.weight"
IDS, MASK = "input_ids", "attention_mask"
ACTIVATIONS = {
    "gelu": ("Gelu", {}),
    "gelu_new": ("Gelu", {"approximate": "tanh"}),
    "gelu_pytorch_tanh": ("Gelu", {"approximate": "tanh"}),
    "gelu_fast": ("Gelu", {"approximate": "tanh"}),
    "relu": ("Relu", {}),
}
MASKED = np.float32(-1e9)  # exp() of it is exactly 0, and it stays finite


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder, as its config.json names them."""

    layers: int
    heads: int
    hidden: int
    positions: int
    activation: str
    epsilon: float


class BertExporter:
    """Writes one encoder into a graph, its weights in the form the recipe gives them."""

    def __init__(self, graph: Graph, weights: Weights, shape: Shape, recipe: Recipe) -> None:
        self._graph, self._weights, self._shape, self._recipe = graph, weights, shape, recipe

    def write(self, pooling: str) -> str:
        """Write the whole graph; returns the name of the pooled output (batch, hidden)."""
        x = self._embed()
        mask = self._attention_mask()
        for layer in range(self._shape.layers):
            x = self._layer(x, mask, f"encoder.layer.{layer}.")
        return self._mean(x) if pooling == "mean" else self._first(x)

    def _embed(self) -> str:
        graph = self._graph
        words = self._weights.tensor(WORDS)
        if words.shape[1] != self._shape.hidden or self._shape.hidden % self._shape.heads:
            raise CommandError(
                f"the weights are {words.shape[1]} wide, and config.json says {self._shape.hidden} in"
                f" {self._shape.heads} heads: they belong to different models. Download it again."
            )
        positions = self._weights.tensor("embeddings.position_embeddings.weight")
        # An embedding model knows only segment 0: its row is added to every position once.
        positions = positions + self._weights.tensor("embeddings.token_type_embeddings.weight")[0]
        length = graph.node("Shape", IDS, start=1, end=2)
        zero = graph.integers(0)
        place = graph.node("Slice", graph.constant(positions), zero, length, zero)
        x = graph.node("Add", self._recipe.table(graph, IDS, words), place)
        return self._norm(x, "embeddings.LayerNorm")

    def _attention_mask(self) -> str:
        """0 where there is a token, a very negative number where there is padding."""
        graph = self._graph
        mask = graph.node("Unsqueeze", MASK, graph.integers(1, 2))
        padding = graph.node(
            "Sub", graph.constant(np.float32(1)), graph.node("Cast", mask, to=TensorProto.FLOAT)
        )
        return graph.node("Mul", padding, graph.constant(MASKED))

    def _layer(self, x: str, mask: str, prefix: str) -> str:
        attended = self._linear(self._attend(x, mask, prefix), prefix + "attention.output.dense")
        x = self._add_norm(attended, x, prefix + "attention.output.LayerNorm")
        kind, attributes = ACTIVATIONS[self._shape.activation]
        inner = self._linear(x, prefix + "intermediate.dense")
        inner = self._graph.node(kind, inner, **attributes)
        return self._add_norm(
            self._linear(inner, prefix + "output.dense"), x, prefix + "output.LayerNorm"
        )

    def _attend(self, x: str, mask: str, prefix: str) -> str:
        graph, heads = self._graph, self._shape.heads
        width = self._shape.hidden // heads
        projected = self._biased(x, *self._query_key_value(prefix + "attention.self.", width))
        split = graph.node("Reshape", projected, graph.integers(0, 0, 3, heads, width))
        split = graph.node("Transpose", split, perm=[2, 0, 3, 1, 4])
        query, key, value = (
            graph.node("Gather", split, graph.constant(np.int64(index)), axis=0)
            for index in range(3)
        )
        key = graph.node("Transpose", key, perm=[0, 1, 3, 2])
        scores = graph.node("Add", graph.node("MatMul", query, key), mask)
        weighted = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), value)
        joined = graph.node("Transpose", weighted, perm=[0, 2, 1, 3])
        return graph.node("Reshape", joined, graph.integers(0, 0, self._shape.hidden))

    def _query_key_value(self, prefix: str, width: int) -> tuple[Floats, Floats]:
        """The three projections side by side, (hidden, 3 * hidden); queries already scaled."""
        scale = {"query": np.float32(1 / np.sqrt(width))}
        weights, biases = [], []
        for part in ("query", "key", "value"):
            factor = scale.get(part, np.float32(1))
            weights.append(self._weights.tensor(f"{prefix}{part}.weight").T * factor)
            biases.append(self._weights.tensor(f"{prefix}{part}.bias") * factor)
        return np.concatenate(weights, axis=1), np.concatenate(biases)

    def _linear(self, x: str, name: str) -> str:
        tensor = self._weights.tensor
        return self._biased(x, tensor(f"{name}.weight").T, tensor(f"{name}.bias"))

    def _biased(self, x: str, weight: Floats, bias: Floats) -> str:
        product = self._recipe.linear(self._graph, x, weight)
        return self._graph.node("Add", product, self._graph.constant(bias))

    def _add_norm(self, x: str, residual: str, name: str) -> str:
        return self._norm(self._graph.node("Add", x, residual), name)

    def _norm(self, x: str, name: str) -> str:
        graph, tensor = self._graph, self._weights.tensor
        weight, bias = tensor(f"{name}.weight"), tensor(f"{name}.bias")
        return graph.node(
            "LayerNormalization",
            x,
            graph.constant(weight),
            graph.constant(bias),
            axis=-1,
            epsilon=self._shape.epsilon,
        )

    def _first(self, x: str) -> str:
        return self._graph.node("Gather", x, self._graph.constant(np.int64(0)), axis=1)

    def _mean(self, x: str) -> str:
        graph = self._graph
        mask = graph.node("Unsqueeze", MASK, graph.integers(-1))
        mask = graph.node("Cast", mask, to=TensorProto.FLOAT)
        total = graph.node("ReduceSum", graph.node("Mul", x, mask), graph.integers(1), keepdims=0)
        count = graph.node("ReduceSum", mask, graph.integers(1), keepdims=0)
        return graph.node("Div", total, count)


def export(folder: Path, weights: Weights, shape: Shape, recipe: Recipe, pooling: str) -> None:
    """Write model.onnx and model.onnx.data into an existing folder."""
    graph = Graph(folder)
    try:
        output = BertExporter(graph, weights, shape, recipe).write(pooling)
        graph.save([IDS, MASK], output, shape.hidden)
    finally:
        graph.close()
