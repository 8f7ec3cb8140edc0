"""Writes what comes after the encoder: pooling, and dense layers."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto
from safetensors import safe_open

from tools.migrate.export.encoder import MASK
from tools.migrate.export.graph import Graph
from tools.migrate.export.pooling import Dense, Pooling
from vectorstore.commandline import CommandError


def write_head(graph: Graph, x: str, pooling: Pooling) -> str:
    """From (batch, length, hidden) to (batch, dim); returns the output's name."""
    x = _mean(graph, x) if pooling.mode == "mean" else _first(graph, x)
    for dense in pooling.dense:
        x = _dense(graph, x, dense)
    return x


def _first(graph: Graph, x: str) -> str:
    return graph.node("Gather", x, graph.constant(np.int64(0)), axis=1)


def _mean(graph: Graph, x: str) -> str:
    mask = graph.node("Unsqueeze", MASK, graph.integers(-1))
    mask = graph.node("Cast", mask, to=TensorProto.FLOAT)
    total = graph.node("ReduceSum", graph.node("Mul", x, mask), graph.integers(1), keepdims=0)
    count = graph.node("ReduceSum", mask, graph.integers(1), keepdims=0)
    return graph.node("Div", total, count)


def _dense(graph: Graph, x: str, dense: Dense) -> str:
    # Of one vector per text: too little work and too few weights to be worth eight bits.
    with safe_open(dense.weights, framework="np") as file:
        tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
    wanted = {"linear.weight", "linear.bias"} if dense.bias else {"linear.weight"}
    if not wanted <= tensors.keys() or tensors["linear.weight"].shape != dense.shape:
        raise CommandError(
            f"{dense.weights} does not fit the config.json beside it: download the model again."
        )
    x = graph.node("MatMul", x, graph.constant(tensors["linear.weight"].T))
    if dense.bias:
        x = graph.node("Add", x, graph.constant(tensors["linear.bias"]))
    return graph.node("Tanh", x) if dense.tanh else x
