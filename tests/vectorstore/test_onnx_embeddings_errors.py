"""A model folder that cannot be used is refused with what is wrong, where, and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import onnxruntime
import pytest

from tests.migrate.export.tiny import TEXTS, Tiny, change
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_folder
from vectorstore.onnx_embeddings import ModelError, OnnxEmbeddings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    origin = Origin("folder", "tiny", None, "a" * 64)
    source = read_folder(Tiny().write(tmp_path / "source"))
    write_model(source, origin, "tiny", "w8", tmp_path / "model")
    return tmp_path / "model"


def _flip(name):
    def apply(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)

    return apply


def _truncate(folder: Path) -> None:
    path = folder / "model.onnx.data"
    path.write_bytes(path.read_bytes()[:-1])


def _pointer(folder: Path) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (folder / "model.onnx.data").write_text(text)


def _settings(**values):
    return lambda folder: change(folder / "embedding.json", **values)


def _without(key):
    def apply(folder: Path) -> None:
        settings = json.loads((folder / "embedding.json").read_text("utf-8"))
        del settings[key]
        (folder / "embedding.json").write_text(json.dumps(settings))

    return apply


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(_flip("model.onnx.data"), "model.onnx.data is damaged", id="a bit of weights"),
        pytest.param(_flip("model.onnx"), "model.onnx is damaged", id="a bit of the graph"),
        pytest.param(_flip("tokenizer.json"), "tokenizer.json is damaged", id="a bit of words"),
        pytest.param(_truncate, "model.onnx.data is damaged", id="truncated"),
        pytest.param(_pointer, "is a Git LFS pointer", id="LFS pointer"),
        pytest.param(
            lambda folder: (folder / "model.onnx.data").unlink(), "data is missing", id="missing"
        ),
        pytest.param(
            lambda folder: (folder / "embedding.json").write_text("{"),
            "is not a model description",
            id="not JSON",
        ),
        pytest.param(
            lambda folder: (folder / "embedding.json").write_text("[1]"),
            "is not a model description",
            id="a list",
        ),
        pytest.param(_settings(schema=2), "has schema 2", id="later schema"),
        pytest.param(_without("dim"), "lacks dim", id="no dim"),
        pytest.param(_settings(source=None), "is not a model description", id="no source"),
        pytest.param(
            _settings(files={"../secret": "0"}), "is not a model description", id="traversal"
        ),
        pytest.param(
            _settings(onnxruntime=">=99.1"),
            f"needs onnxruntime>=99.1, and {onnxruntime.__version__} is installed",
            id="newer onnxruntime",
        ),
    ],
)
def test_refusals(spoil, said: str, folder: Path):
    spoil(folder)
    with pytest.raises(ModelError) as error:
        OnnxEmbeddings(folder)
    assert said in str(error.value)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("needed", [">=1.9", ">=1.22", ">=1.32"])
def test_versions_are_compared_as_numbers(needed: str, folder: Path):
    change(folder / "embedding.json", onnxruntime=needed)
    assert len(OnnxEmbeddings(folder).embed_query("pay")) == 32


def test_no_such_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError) as error:
        OnnxEmbeddings("models/none")
    assert str(tmp_path / "models" / "none") in str(error.value)
    assert "export MODEL --out models/none" in str(error.value)


def test_a_folder_that_is_no_model_folder(tmp_path: Path):
    with pytest.raises(ModelError, match="no model folder"):
        OnnxEmbeddings(tmp_path)


def test_without_verifying_a_harmless_change_passes(folder: Path):
    expected = OnnxEmbeddings(folder).embed_documents(TEXTS)
    with (folder / "tokenizer.json").open("a") as file:
        file.write("\n")
    with pytest.raises(ModelError):
        OnnxEmbeddings(folder)
    assert OnnxEmbeddings(folder, verify=False).embed_documents(TEXTS) == expected


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_without_verifying_a_broken_file_is_still_a_clear_error(name: str, folder: Path):
    (folder / name).write_bytes(b"nothing")
    with pytest.raises(ModelError, match=f"{name}.*export the model again"):
        OnnxEmbeddings(folder, verify=False)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2"])
def test_threads_must_be_a_number(threads, folder: Path):
    with pytest.raises(ValueError, match="threads"):
        OnnxEmbeddings(folder, threads=threads)
