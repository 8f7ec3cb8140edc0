"""How the weights are stored: in which form a matrix product and a table look-up are written.

`fp32` keeps them as they are. `w8` stores the matrices as 8-bit integers in blocks of 32 with a
scale each (onnxruntime's MatMulNBits), and the token table as 8-bit integers with a scale per row:
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
`int8` computes in 8 bits too: the matrices have a scale per column, and what comes in is quantised
as it comes (DynamicQuantizeLinear, MatMulInteger). It is the fastest, and changes the answers.
`bench/recipes.py` measures them; reports/recipes.json holds the figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from tools.migrate.export.graph import MICROSOFT, Graph

BLOCK = 32
INT8_ACTIVATIONS = 4  # accuracy_level: products are summed in int32, exactly
ZERO = 128  # what MatMulNBits takes off the unsigned 8-bit weights

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """A way to store the weights.

    `linear(graph, x, weight)` writes x @ weight for a float32 weight (inputs, outputs);
    `table(graph, ids, rows)` writes rows[ids] for float32 rows (vocabulary, width).
    `onnxruntime` is the oldest that runs it, found by trying.
    """

    name: str
    onnxruntime: str
    linear: Callable[[Graph, str, Floats], str]
    table: Callable[[Graph, str, Floats], str]


def _plain_linear(graph: Graph, x: str, weight: Floats) -> str:
    return graph.node("MatMul", x, graph.constant(weight))


def _plain_table(graph: Graph, ids: str, rows: Floats) -> str:
    return graph.node("Gather", graph.constant(rows), ids)


def _blockwise_linear(graph: Graph, x: str, weight: Floats) -> str:
    quantized, scales = quantize_blocks(weight)
    return graph.node(
        "MatMulNBits",
        x,
        graph.constant(quantized),
        graph.constant(scales.reshape(-1)),
        domain=MICROSOFT,
        K=weight.shape[0],
        N=weight.shape[1],
        bits=8,
        block_size=BLOCK,
        accuracy_level=INT8_ACTIVATIONS,
    )


def _dynamic_linear(graph: Graph, x: str, weight: Floats) -> str:
    # A processor of x86 without VNNI adds up pairs of products in 16 bits, where they can overflow:
    # there the answers are still worse than where the export was compared.
    # https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    quantized, scales = quantize_rows(np.ascontiguousarray(weight.T))
    rounded, scale, zero = graph.nodes("DynamicQuantizeLinear", x, count=3)
    columns = graph.constant(np.ascontiguousarray(quantized.T))
    product = graph.node("MatMulInteger", rounded, columns, zero)
    floats = graph.node("Cast", product, to=TensorProto.FLOAT)
    both = graph.node("Mul", scale, graph.constant(scales.reshape(-1)))
    return graph.node("Mul", floats, both)


def _rowwise_table(graph: Graph, ids: str, rows: Floats) -> str:
    quantized, scales = quantize_rows(rows)
    row = graph.node("Gather", graph.constant(quantized), ids)
    floats = graph.node("Cast", row, to=TensorProto.FLOAT)
    return graph.node("Mul", floats, graph.node("Gather", graph.constant(scales), ids))


def quantize_blocks(weight: Floats) -> tuple[NDArray[np.uint8], Floats]:
    """uint8 (outputs, blocks, 32) and float32 scales (outputs, blocks) of (inputs, outputs).

    The value of the largest magnitude in a block becomes exactly -128 or 128-128: the scale takes
    its sign, which makes use of all 256 steps.
    """
    inputs, outputs = weight.shape
    columns = np.zeros((outputs, inputs + -inputs % BLOCK), np.float32)
    columns[:, :inputs] = weight.T
    blocks = columns.reshape(outputs, -1, BLOCK)
    largest = np.abs(blocks).argmax(axis=-1)[..., None]
    extreme = np.take_along_axis(blocks, largest, axis=-1)
    scales = (extreme / np.float32(-ZERO)).astype(np.float32)
    steps = np.rint(_divide(blocks, scales)) + ZERO
    return np.clip(steps, 0, 255).astype(np.uint8), scales[..., 0]


def quantize_rows(rows: Floats) -> tuple[NDArray[np.int8], Floats]:
    """int8 rows and float32 scales (n, 1): rows ~= quantized * scales."""
    scales = np.abs(rows).max(axis=1, keepdims=True) / np.float32(127)
    return np.rint(_divide(rows, scales)).astype(np.int8), scales


def _divide(values: Floats, scales: Floats) -> NDArray[Any]:
    return np.divide(values, scales, out=np.zeros_like(values), where=scales != 0)


RECIPES = {
    "w8": Recipe("w8", ">=1.22", _blockwise_linear, _rowwise_table),
    "int8": Recipe("int8", ">=1.17", _dynamic_linear, _rowwise_table),
    "fp32": Recipe("fp32", ">=1.17", _plain_linear, _plain_table),
}
