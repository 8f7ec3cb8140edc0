"""Graphs that others made. fixtures/optimum holds two that optimum made of fixtures/architectures."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.migrate.export.test_architectures import FIXTURES, HERE, PYTHON, cosines, made
from tests.migrate.export.tiny import change
from tests.migrate.export.torch_models import MODELS, texts
from tools.migrate.export import foreign, optimum_route
from tools.migrate.export.export import Request, export_model
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_foreign
from tools.migrate.export.routes import choose
from tools.migrate.export.sources import FolderSource, find
from vectorstore.commandline import CommandError
from vectorstore.onnx_embeddings import OnnxEmbeddings

__all__ = ["made"]
GRAPHS = HERE / "fixtures/optimum"
EXPORT_PYTHON = os.environ.get(optimum_route.VARIABLE, "")


@pytest.fixture
def ready(tmp_path: Path) -> Callable[..., Path]:
    """A folder as repositories have it, with a ready graph; the weights only when asked for."""

    def make(name: str, *, weights: bool = False) -> Path:
        folder = Path(shutil.copytree(FIXTURES / name, tmp_path / name))
        (folder / "onnx").mkdir()
        shutil.copy(GRAPHS / f"{name}.onnx", folder / "onnx/model.onnx")
        if not weights:
            (folder / "model.safetensors").unlink()
        return folder

    return make


def write(model, target: Path, recipe: str = "fp32") -> OnnxEmbeddings:
    write_model(model, Origin("folder", "x", None, "0" * 64), "x", recipe, target)
    return OnnxEmbeddings(target)


def expected(name: str) -> np.ndarray:
    vectors: np.ndarray = np.load(FIXTURES / name / "expected.npy")
    return vectors


@pytest.mark.parametrize("name", ["mpnet", "t5"])
def test_a_ready_graph_gives_the_same_vectors(name: str, ready, tmp_path: Path):
    model = choose(ready(name), "auto")
    assert (model.route, model.notes[-1]) == (
        "onnx",
        "taking onnx/model.onnx from the model's own files",
    )
    found = write(model, tmp_path / "fp32").encode(texts(name))
    np.testing.assert_allclose(found, expected(name), rtol=0, atol=2e-5)
    found = write(model, tmp_path / "w8", "w8").encode(texts(name))
    assert 0.98 < cosines(found, expected(name)).min() < 1 - 1e-6


def test_w8_of_it_is_as_small_as_ours(ready, tmp_path: Path, exported):
    theirs = write(choose(ready("mpnet"), "onnx"), tmp_path / "w8", "w8").folder
    ours = exported(FIXTURES / "mpnet", "w8").folder
    kinds = [
        {n.op_type for n in onnx.load(str(f / "model.onnx")).graph.node} for f in (theirs, ours)
    ]
    assert all("MatMulNBits" in found for found in kinds)
    onnx.checker.check_model(str(theirs / "model.onnx"))


def test_its_identity_is_its_own_without_weights(ready):
    folder = ready("mpnet")
    (folder / "onnx/model.onnx_data").write_bytes(b"more of it")
    names = [path.name for path in choose(folder, "onnx").identity]
    assert names == ["model.onnx", "model.onnx_data"]


def test_its_identity_is_that_of_the_weights_it_was_compared_with(ready):
    folder = ready("mpnet", weights=True)
    assert choose(folder, "auto").route == "direct"
    assert [path.name for path in choose(folder, "onnx").identity] == ["model.safetensors"]


def test_a_graph_of_other_weights_is_refused(ready):
    folder = ready("mpnet", weights=True)
    model = onnx.load(str(folder / "onnx/model.onnx"))
    for weight in model.graph.initializer:
        if weight.name.endswith("word_embeddings.weight"):
            rows = numpy_helper.to_array(weight)[::-1]
            weight.CopyFrom(numpy_helper.from_array(rows.copy(), weight.name))
    onnx.save(model, str(folder / "onnx/model.onnx"))
    with pytest.raises(CommandError, match="is not the graph of the weights beside it"):
        choose(folder, "onnx")


@pytest.mark.parametrize(
    "change_to", [{"model_type": "nomic_bert"}, {"auto_map": {"AutoModel": "x"}}]
)
def test_an_architecture_not_known_here(change_to, ready, tmp_path: Path):
    folder = ready("mpnet", weights=True)
    change(folder / "config.json", **change_to)
    model = choose(folder, "auto")
    assert (model.route, model.max_tokens) == ("onnx", 190)
    found = write(model, tmp_path / "fp32").encode(texts("mpnet"))
    np.testing.assert_allclose(found, expected("mpnet"), rtol=0, atol=2e-5)


def _node(kind: str) -> Callable[[onnx.ModelProto], None]:
    return lambda model: model.graph.node.append(helper.make_node(kind, ["a"], ["b"]))


def _input(model: onnx.ModelProto) -> None:
    value = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, [1])
    model.graph.input.append(value)


def _output(model: onnx.ModelProto) -> None:
    model.graph.output[0].name = "logits"


def _half(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(2, np.float16), "half"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(_node("DequantizeLinear"), r"no 32-bit graph \(DequantizeLinear\)", id="QDQ"),
        pytest.param(_node("MatMulInteger"), r"no 32-bit graph \(MatMulInteger\)", id="int8"),
        pytest.param(_node("MatMulNBits"), r"no 32-bit graph \(MatMulNBits\)", id="blockwise"),
        pytest.param(_half, r"no 32-bit graph \(16-bit weights\)", id="half"),
        pytest.param(_input, "takes attention_mask, input_ids, pixel_values;", id="input"),
        pytest.param(_output, "gives logits, and none of last_hidden_state", id="output"),
    ],
)
def test_refusals(spoil, said: str, tmp_path: Path):
    model = onnx.load(str(GRAPHS / "mpnet.onnx"))
    spoil(model)
    onnx.save(model, str(tmp_path / "model.onnx"))
    with pytest.raises(CommandError, match=said):
        foreign.read(tmp_path / "model.onnx")


def test_not_onnx(tmp_path: Path):
    (tmp_path / "model.onnx").write_bytes(b"version https://git-lfs.github.com/spec/v1")
    with pytest.raises(CommandError, match="cannot be read as ONNX"):
        foreign.read(tmp_path / "model.onnx")


def test_an_old_opset_is_lifted(ready, tmp_path: Path):
    folder = ready("mpnet")
    rows = np.random.default_rng(0).normal(size=(22, 16)).astype(np.float32)
    onnx.save(_opset_11(rows), str(folder / "onnx/model.onnx"))
    model = write(choose(folder, "onnx"), tmp_path / "fp32")
    ids = model._tokens("where is my parcel")
    vector = rows[ids].mean(axis=0)
    found = model.encode("where is my parcel")
    np.testing.assert_allclose(found, vector / np.linalg.norm(vector), rtol=0, atol=1e-6)


def _opset_11(rows: np.ndarray) -> onnx.ModelProto:
    """The rows of the tokens, masked, in the form of 2020: axes are attributes."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Unsqueeze", ["attention_mask"], ["column"], axes=[2]),
        helper.make_node("Cast", ["column"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["rows", "float"], ["last_hidden_state"]),
    ]
    shape = ["batch", "length"]
    names = ("input_ids", "attention_mask")
    graph = helper.make_graph(
        nodes,
        "old",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in names],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, 16])],
        [numpy_helper.from_array(rows, "table")],
    )
    opsets = [helper.make_opsetid("", 11)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=6)


@pytest.fixture
def no_optimum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the environment of optimum."""
    monkeypatch.delenv(optimum_route.VARIABLE, raising=False)
    monkeypatch.setattr(optimum_route, "CHECKOUT", tmp_path)


@pytest.mark.usefixtures("no_optimum")
@pytest.mark.parametrize("asked", ["auto", "direct", "optimum"])
def test_no_route_at_all_says_what_would_help(asked: str, ready):
    folder = ready("mpnet", weights=True)
    shutil.rmtree(folder / "onnx")
    change(folder / "config.json", model_type="modernbert")
    request = Request(FolderSource(folder), out=folder / "out", route=asked)
    with pytest.raises(CommandError) as error:
        export_model(request, print)
    for remedy in ("`pip install 'fit512[export]'`", "`make export-env`"):
        assert (remedy in str(error.value)) == (asked != "direct")


@pytest.mark.usefixtures("no_optimum")
def test_optimum_in_the_interpreter_that_runs_is_taken(tmp_path: Path, monkeypatch):
    assert optimum_route.python() is None
    (tmp_path / "optimum").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert optimum_route.python() == Path(sys.executable)


def test_no_ready_graph(ready):
    folder = ready("mpnet", weights=True)
    shutil.rmtree(folder / "onnx")
    with pytest.raises(CommandError, match=r"has none of onnx/model\.onnx, model\.onnx"):
        choose(folder, "onnx")


@pytest.mark.parametrize(
    ("interpreter", "said"),
    [
        pytest.param("/no/such/python", "/no/such/python is not a Python", id="no Python"),
        pytest.param(sys.executable, "No module named 'optimum'", id="no optimum"),
    ],
)
def test_another_environment(interpreter, said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv(optimum_route.VARIABLE, interpreter)
    with pytest.raises(CommandError) as error:
        optimum_route.export_graphs([(FIXTURES / "mpnet", tmp_path / "model.onnx")])
    assert said in str(error.value)
    assert "`make export-env`" in str(error.value)


@pytest.fixture(scope="module")
def traced(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of each model that torch made, traced by optimum now."""
    folder = tmp_path_factory.mktemp("traced")
    optimum_route.export_graphs([(made / name, folder / f"{name}.onnx") for name in MODELS])
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not (PYTHON and EXPORT_PYTHON), reason="FIT512_EXPORT_PYTHON names no optimum")
@pytest.mark.parametrize("name", MODELS)
def test_both_routes_agree(name: str, made: Path, traced: Path, tmp_path: Path, exported):
    model = replace(read_foreign(made / name), route="optimum", graph=traced / f"{name}.onnx")
    asked = texts(MODELS[name].family)
    found = write(model, tmp_path / "optimum").encode(asked)
    torch = np.load(made / name / "expected.npy")
    np.testing.assert_allclose(found, torch, rtol=0, atol=2e-5)
    np.testing.assert_allclose(found, exported(made / name).encode(asked), rtol=0, atol=2e-5)
    assert model.identity == choose(made / name, "auto").identity


@pytest.mark.slow
@pytest.mark.skipif(not EXPORT_PYTHON, reason="FIT512_EXPORT_PYTHON names no optimum")
def test_both_routes_agree_on_the_default_model(tmp_path: Path, exported):
    # The committed vectors are sentence-transformers' own; test_torch.py makes them anew.
    given = json.loads((HERE / "fixtures/sentence_transformers.json").read_text("utf-8"))["texts"]
    torch = np.load(HERE / "fixtures/sentence_transformers.npy")
    with find("all-MiniLM-L6-v2").open() as folder:
        optimum_route.export_graphs([(folder, tmp_path / "model.onnx")])
        graph = tmp_path / "model.onnx"
        traced = replace(read_foreign(folder), route="optimum", graph=graph)
        found = write(traced, tmp_path / "optimum").encode(given)
        direct = exported(folder).encode(given)
    np.testing.assert_allclose(found, torch, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found, direct, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(not EXPORT_PYTHON, reason="FIT512_EXPORT_PYTHON names no optimum")
def test_the_whole_command_through_optimum(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from tools.migrate.export.cli import main

    lines = sorted({text for name in ("mpnet", "t5") for text in texts(name)} - {""})
    lines += [f"{a} {b}" for a in lines[0].split() for b in lines[1].split()]
    (tmp_path / "texts.txt").write_text("\n".join(lines), "utf-8")
    out = tmp_path / "out"
    arguments = [str(FIXTURES / "mpnet"), "--route", "optimum", "--recipe", "fp32", "--json"]
    assert main([*arguments, "--texts", str(tmp_path / "texts.txt"), "--out", str(out)]) == 0
    settings = json.loads(capsys.readouterr().out)["embedding"]
    weights = (FIXTURES / "mpnet/model.safetensors").read_bytes()
    assert settings["source"]["sha256"] == hashlib.sha256(weights).hexdigest()
    assert settings["route"] == "optimum"
    found = OnnxEmbeddings(out).encode(texts("mpnet"))
    np.testing.assert_allclose(found, expected("mpnet"), rtol=0, atol=2e-5)
