"""What the encoders have in common: masked attention over several heads, and linear layers."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from tools.migrate.export.graph import Graph
from tools.migrate.export.recipes import Floats, Recipe
from tools.migrate.export.relative import bias_by_distance
from tools.migrate.export.shape import ACTIVATIONS, Shape
from tools.migrate.export.weights import Weights
from vectorstore.commandline import CommandError

IDS, MASK = "input_ids", "attention_mask"
MASKED = np.float32(-1e9)  # exp() of it is exactly 0, and it stays finite


class Encoder:
    """Writes one encoder into a graph, its weights in the form the recipe gives them.

    `max_tokens` is the longest input it will be given.
    """

    biased = True

    def __init__(
        self, graph: Graph, weights: Weights, shape: Shape, recipe: Recipe, max_tokens: int
    ) -> None:
        self._graph, self._weights, self._shape, self._recipe = graph, weights, shape, recipe
        self._max_tokens = max_tokens

    def write(self) -> str:
        """Write the encoder; returns the name of its output (batch, length, hidden)."""
        raise NotImplementedError

    def _words(self) -> str:
        words = self._weights.tensor(self._weights.table)
        split = self._shape.family == "t5" or self._shape.hidden % self._shape.heads == 0
        if words.shape[1] != self._shape.hidden or not split:
            raise CommandError(
                f"the weights are {words.shape[1]} wide, and config.json says {self._shape.hidden} in"
                f" {self._shape.heads} heads: they belong to different models. Download it again."
            )
        return self._recipe.table(self._graph, IDS, words)

    def _attention_mask(self) -> str:
        """0 where there is a token, a very negative number where there is padding."""
        graph = self._graph
        mask = graph.node("Unsqueeze", MASK, graph.integers(1, 2))
        padding = graph.node(
            "Sub", graph.constant(np.float32(1)), graph.node("Cast", mask, to=TensorProto.FLOAT)
        )
        return graph.node("Mul", padding, graph.constant(MASKED))

    def _with_distances(self, mask: str, name: str) -> str:
        """The mask, and what the distance of two tokens adds to their score: (b, heads, l, l)."""
        graph, rows = self._graph, self._weights.tensor(name)
        by_distance = bias_by_distance(rows, self._max_tokens, self._shape.distance)
        zero, one = graph.constant(np.int64(0)), graph.constant(np.int64(1))
        length = graph.node("Squeeze", graph.node("Shape", IDS, start=1, end=2))
        places = graph.node("Range", zero, length, one)
        across = graph.node("Unsqueeze", places, graph.integers(0))
        down = graph.node("Unsqueeze", places, graph.integers(1))
        middle = graph.constant(np.int64(self._max_tokens - 1))
        distance = graph.node("Add", graph.node("Sub", across, down), middle)
        bias = graph.node("Gather", graph.constant(by_distance), distance, axis=1)
        return graph.node("Add", mask, bias)

    def _attend(self, x: str, mask: str, names: tuple[str, str, str], scale: float) -> str:
        graph, heads, width = self._graph, self._shape.heads, self._shape.width
        projected = self._query_key_value(x, names, scale)
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
        return graph.node("Reshape", joined, graph.integers(0, 0, heads * width))

    def _query_key_value(self, x: str, names: tuple[str, str, str], scale: float) -> str:
        """The three projections side by side; the queries are scaled already."""
        tensor = self._weights.tensor
        factors = [np.float32(scale), np.float32(1), np.float32(1)]
        named = list(zip(names, factors, strict=True))
        weight = np.concatenate([tensor(f"{n}.weight").T * f for n, f in named], axis=1)
        if not self.biased:
            return self._recipe.linear(self._graph, x, weight)
        return self._plus(x, weight, np.concatenate([tensor(f"{n}.bias") * f for n, f in named]))

    def _linear(self, x: str, name: str) -> str:
        weight = self._weights.tensor(f"{name}.weight").T
        if not self.biased:
            return self._recipe.linear(self._graph, x, weight)
        return self._plus(x, weight, self._weights.tensor(f"{name}.bias"))

    def _plus(self, x: str, weight: Floats, bias: Floats) -> str:
        product = self._recipe.linear(self._graph, x, weight)
        return self._graph.node("Add", product, self._graph.constant(bias))

    def _activate(self, x: str) -> str:
        kind, attributes = ACTIVATIONS[self._shape.activation]
        return self._graph.node(kind, x, **attributes)
