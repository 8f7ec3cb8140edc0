"""Writes an ONNX graph node by node, its weights to a data file as they come.

The weights lie at page-aligned offsets of `model.onnx.data`, so that onnxruntime maps them instead
of copying them: https://onnxruntime.ai/docs/api/python/api_summary.html (external data).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

DATA = "model.onnx.data"
INLINE_BYTES = 1024
PAGE_BYTES = 4096
OPSET = 20  # the first with Gelu
IR_VERSION = 9  # what goes with opset 20: newer ones shut out older onnxruntimes
MICROSOFT = "com.microsoft"


class Graph:
    """A graph being built in `folder`; `save` finishes it. The folder must exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = (folder / DATA).open("wb")
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def constant(self, array: Any, name: str | None = None) -> str:
        """Store an array or scalar; returns its name. Small ones stay in model.onnx."""
        value = np.asarray(array)
        name = name or f"weight_{len(self._weights)}"
        if value.nbytes < INLINE_BYTES:
            self._weights.append(numpy_helper.from_array(value, name))
        else:
            self._weights.append(self._external(value, name))
        return name

    def integers(self, *values: int) -> str:
        """Store a list of int64, the form in which ONNX takes shapes and axes."""
        return self.constant(np.array(values, np.int64))

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output; returns the output's name."""
        return self.nodes(kind, *inputs, count=1, domain=domain, **attributes)[0]

    def nodes(
        self, kind: str, *inputs: str, count: int, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Add a node with `count` outputs; returns their names."""
        name = f"{kind}_{len(self._nodes)}"
        outputs = [name] if count == 1 else [f"{name}_{index}" for index in range(count)]
        node = helper.make_node(kind, inputs, outputs, name=name, domain=domain, **attributes)
        self._nodes.append(node)
        return outputs

    def add(self, node: onnx.NodeProto) -> None:
        """Add a node as it is, with names that are none of ours."""
        self._nodes.append(node)

    def name(self, output: str, name: str) -> None:
        """Make an output known by another name too."""
        self._nodes.append(helper.make_node("Identity", [output], [name]))

    def save(self, inputs: list[str], output: str, dim: int, opset: int = OPSET) -> None:
        """Write model.onnx: int64 `inputs` (batch, length), float32 `output` (batch, dim)."""
        self._nodes.append(helper.make_node("Identity", [output], ["sentence_embedding"]))
        graph = helper.make_graph(
            self._nodes,
            "sentence_embedding",
            [_value(name, TensorProto.INT64, ["batch", "length"]) for name in inputs],
            [_value("sentence_embedding", TensorProto.FLOAT, ["batch", dim])],
            self._weights,
        )
        opsets = [helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="fit512"
        )
        self.close()
        (self._folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))

    def close(self) -> None:
        """Close the data file (`save` does so too)."""
        self._data.close()

    def _external(self, value: NDArray[Any], name: str) -> onnx.TensorProto:
        self._data.write(b"\0" * (-self._data.tell() % PAGE_BYTES))
        place = {"location": DATA, "offset": self._data.tell(), "length": value.nbytes}
        self._data.write(np.ascontiguousarray(value).data)
        tensor = TensorProto(
            name=name,
            dims=value.shape,
            data_type=helper.np_dtype_to_tensor_dtype(value.dtype),
            data_location=TensorProto.EXTERNAL,
        )
        for key, entry in place.items():
            tensor.external_data.add(key=key, value=str(entry))
        return tensor


def _value(name: str, kind: int, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
