"""An encoder's ONNX graph that others made: read, checked, and written again in a recipe.

It must be in 32-bit floats and give a vector for each token: pooling and what follows are ours. A
file whose weights are 8-bit already is refused, however small it is: onnxruntime unfolds those with
QuantizeLinear to 32 bits at load, and the answers are those of 8 bits all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, compose, numpy_helper, version_converter

from tools.migrate.export.encoder import IDS, MASK
from tools.migrate.export.graph import OPSET, Graph
from tools.migrate.export.recipes import Floats, Recipe
from vectorstore.commandline import CommandError

INPUTS = {IDS, MASK, "token_type_ids"}
TOKENS = ("last_hidden_state", "token_embeddings")
OWN = "encoder/"  # before every name of theirs, so that none is also one of ours
# The first opset in which our pooling can be written; theirs is lifted to it.
OLDEST_OPSET = 13


@dataclass(frozen=True)
class Foreign:
    """Such a graph; `tokens` names its output (batch, length, hidden)."""

    model: onnx.ModelProto
    tokens: str
    table: str
    weights: dict[str, onnx.TensorProto]

    @property
    def vocabulary(self) -> int:
        """How many tokens it has rows for."""
        return int(self.weights[self.table].dims[0])

    @property
    def inputs(self) -> list[str]:
        return [value.name for value in self.model.graph.input if value.name in INPUTS]

    @property
    def opset(self) -> int:
        return _opset(self.model)


def read(path: Path) -> Foreign:
    """Read and check a graph; raises CommandError, naming the file, for what cannot be used."""
    try:
        model = onnx.load(str(path))
    except Exception as error:  # protobuf's and onnx's errors share no base class
        raise CommandError(
            f"{path} cannot be read as ONNX ({error}): download it again."
        ) from error
    _check_nodes(path, model)
    if _opset(model) < OLDEST_OPSET:
        model = _lifted(path, model)
    given = {value.name for value in model.graph.input} - {w.name for w in model.graph.initializer}
    if not {IDS, MASK} <= given <= INPUTS:
        raise CommandError(
            f"{path} takes {', '.join(sorted(given))}; an encoder of texts takes {IDS}, {MASK} and"
            " token_type_ids. Give the folder of the encoder, with its weights."
        )
    tokens = next((value.name for value in model.graph.output if value.name in TOKENS), None)
    if tokens is None:
        names = ", ".join(value.name for value in model.graph.output)
        raise CommandError(f"{path} gives {names}, and none of {', '.join(TOKENS)}.")
    own = compose.add_prefix(model, OWN, rename_inputs=False)
    weights = {weight.name: weight for weight in own.graph.initializer}
    return Foreign(own, OWN + tokens, _table(path, own, weights), weights)


def write(foreign: Foreign, graph: Graph, recipe: Recipe) -> str:
    """Copy the graph, matrices and the table of tokens in the recipe's form; returns its output."""
    copied: set[str] = set()
    for node in foreign.model.graph.node:
        if node.op_type == "MatMul" and (weight := _matrix(foreign, node.input[1])) is not None:
            graph.name(recipe.linear(graph, node.input[0], weight), node.output[0])
        elif node.op_type == "Gather" and node.input[0] == foreign.table:
            rows = numpy_helper.to_array(foreign.weights[foreign.table])
            graph.name(recipe.table(graph, node.input[1], rows), node.output[0])
        else:
            used = foreign.weights.keys() & _inputs(node)
            for name in sorted(used - copied):
                graph.constant(numpy_helper.to_array(foreign.weights[name]), name)
            copied |= used
            graph.add(node)
    return foreign.tokens


def _matrix(foreign: Foreign, name: str) -> Floats | None:
    weight = foreign.weights.get(name)
    if weight is None or len(weight.dims) != 2 or weight.data_type != TensorProto.FLOAT:
        return None
    return np.asarray(numpy_helper.to_array(weight), np.float32)


def _check_nodes(path: Path, model: onnx.ModelProto) -> None:
    kinds = {node.op_type for node in model.graph.node}
    quantized = sorted(kind for kind in kinds if "quantize" in kind.lower() or "Integer" in kind)
    quantized += sorted(kinds & {"MatMulNBits", "GatherBlockQuantized"})
    halves = any(weight.data_type == TensorProto.FLOAT16 for weight in model.graph.initializer)
    if quantized or halves:
        what = ", ".join(quantized) or "16-bit weights"
        raise CommandError(
            f"{path} is no 32-bit graph ({what}): a recipe is made from full weights. Give the file"
            " that is (onnx/model.onnx), or the folder with model.safetensors."
        )


def _lifted(path: Path, model: onnx.ModelProto) -> onnx.ModelProto:
    try:
        return version_converter.convert_version(model, OLDEST_OPSET)
    except Exception as error:  # as above
        raise CommandError(
            f"{path} is of opset {_opset(model)}, and cannot be lifted to {OLDEST_OPSET} ({error})."
        ) from error


def _table(path: Path, model: onnx.ModelProto, weights: dict[str, onnx.TensorProto]) -> str:
    """The table of tokens: the longest that a Gather reads."""
    names = [
        n.input[0] for n in model.graph.node if n.op_type == "Gather" and n.input[0] in weights
    ]
    tables = [name for name in names if len(weights[name].dims) == 2]
    if not tables:
        raise CommandError(f"{path} reads no table of tokens: it is not an encoder of texts.")
    longest: str = max(tables, key=lambda name: int(weights[name].dims[0]))
    return longest


def _inputs(node: onnx.NodeProto) -> set[str]:
    """What a node reads, the graphs inside it included."""
    names = set(node.input)
    for attribute in node.attribute:
        for inner in attribute.g.node:
            names |= _inputs(inner)
    return names


def _opset(model: onnx.ModelProto) -> int:
    return next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), OPSET)
