"""Writes an encoder of BERT's build: BERT, RoBERTa, XLM-RoBERTa, MPNet, DistilBERT.

The graph is that of transformers' model in evaluation:
https://github.com/huggingface/transformers/blob/main/src/transformers/models/bert/modeling_bert.py
The others are the same with other names, other positions, or (MPNet) a bias by distance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from onnx import TensorProto

from tools.migrate.export.encoder import IDS, Encoder
from tools.migrate.export.recipes import Floats
from vectorstore.commandline import CommandError

POSITIONS = "embeddings.position_embeddings.weight"
SEGMENTS = "embeddings.token_type_embeddings.weight"
DISTANCES = "encoder.relative_attention_bias.weight"


@dataclass(frozen=True)
class Names:
    """What a layer's tensors are called, without `.weight` and `.bias`."""

    layer: str = "encoder.layer."
    query: str = "attention.self.query"
    key: str = "attention.self.key"
    value: str = "attention.self.value"
    attended: str = "attention.output.dense"
    attended_norm: str = "attention.output.LayerNorm"
    inner: str = "intermediate.dense"
    outer: str = "output.dense"
    outer_norm: str = "output.LayerNorm"


BERT = Names()
MPNET = replace(
    BERT,
    query="attention.attn.q",
    key="attention.attn.k",
    value="attention.attn.v",
    attended="attention.attn.o",
    attended_norm="attention.LayerNorm",
)
DISTILBERT = Names(
    layer="transformer.layer.",
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    attended="attention.out_lin",
    attended_norm="sa_layer_norm",
    inner="ffn.lin1",
    outer="ffn.lin2",
    outer_norm="output_layer_norm",
)


class BertEncoder(Encoder):
    """Attention, then two linear layers; the sum is normalised after each."""

    def write(self) -> str:
        names = {"mpnet": MPNET, "distilbert": DISTILBERT}.get(self._shape.family, BERT)
        x = self._embed()
        mask = self._attention_mask()
        if self._shape.family == "mpnet":
            mask = self._with_distances(mask, DISTANCES)
        for layer in range(self._shape.layers):
            x = self._layer(x, mask, f"{names.layer}{layer}.", names)
        self._weights.refuse_layer(f"{names.layer}{self._shape.layers}.")
        return x

    def _embed(self) -> str:
        graph, tensor = self._graph, self._weights.tensor
        words = self._words()
        positions = self._positions()
        if self._shape.family not in ("mpnet", "distilbert"):
            # An embedding model knows only segment 0: its row is added to every position once.
            positions = positions + tensor(SEGMENTS)[0]
        if self._shape.padding is None:
            length, zero = graph.node("Shape", IDS, start=1, end=2), graph.integers(0)
            place = graph.node("Slice", graph.constant(positions), zero, length, zero)
        else:
            numbers = self._numbers_after(self._shape.padding)
            place = graph.node("Gather", graph.constant(positions), numbers)
        return self._norm(graph.node("Add", words, place), "embeddings.LayerNorm")

    def _positions(self) -> Floats:
        table = self._weights.tensor(POSITIONS)
        padding = -1 if self._shape.padding is None else self._shape.padding
        named = (self._shape.positions or 0) + padding + 1
        if len(table) != named:
            raise CommandError(
                f"the weights have {len(table)} positions, and config.json says {named}"
                " (max_position_embeddings): they belong to different models. Download it again."
            )
        return table

    def _numbers_after(self, padding: int) -> str:
        """Positions as fairseq counts them: padding tokens (even in a text) are not counted."""
        graph = self._graph
        token = graph.constant(np.int64(padding))
        counted = graph.node(
            "Cast",
            graph.node("Not", graph.node("Equal", IDS, token)),
            to=TensorProto.INT64,
        )
        numbers = graph.node("CumSum", counted, graph.constant(np.int64(1)))
        return graph.node("Add", graph.node("Mul", numbers, counted), token)

    def _layer(self, x: str, mask: str, prefix: str, names: Names) -> str:
        parts = (prefix + names.query, prefix + names.key, prefix + names.value)
        attended = self._attend(x, mask, parts, 1 / np.sqrt(self._shape.width))
        x = self._add_norm(
            self._linear(attended, prefix + names.attended), x, prefix + names.attended_norm
        )
        inner = self._activate(self._linear(x, prefix + names.inner))
        return self._add_norm(
            self._linear(inner, prefix + names.outer), x, prefix + names.outer_norm
        )

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
