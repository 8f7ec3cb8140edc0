"""A model folder that cannot be used is refused with what is wrong, where, and what to do."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
        pytest.param(_settings(max_tokens=0), "(max_tokens 0)", id="no tokens"),
        pytest.param(_settings(max_tokens=-1), "(max_tokens -1)", id="fewer than no tokens"),
        pytest.param(_settings(max_tokens="256"), '(max_tokens "256")', id="tokens as text"),
        pytest.param(_settings(max_tokens=1 << 70), "(max_tokens 118", id="too many tokens"),
        pytest.param(_settings(dim=True), "(dim true)", id="a truth for a number"),
        pytest.param(_settings(onnxruntime=1), "(onnxruntime 1)", id="a number for a version"),
        pytest.param(_settings(query_prefix=3), "(query_prefix 3)", id="a number for a prefix"),
        pytest.param(_settings(normalize="false"), '(normalize "false")', id="text for a truth"),
        pytest.param(_settings(source={}), "(source {})", id="no sha256"),
        pytest.param(_settings(files=[]), "(files [])", id="files in a list"),
        pytest.param(_settings(files={}), "(files {})", id="no files to verify"),
        pytest.param(
            _settings(files={"model.onnx": 1, "tokenizer.json": ""}), "(files {", id="no digest"
        ),
        pytest.param(
            lambda folder: (folder / "embedding.json").write_text("[" * 10**6),
            "is not a model description",
            id="deeply nested",
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


@contextmanager
def _unprivileged() -> Iterator[None]:
    """As somebody who may not read everything, where the tests run as root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("name", ["", "embedding.json", "model.onnx.data", "tokenizer.json"])
def test_a_file_that_must_not_be_read_is_named(name: str, folder: Path):
    with tempfile.TemporaryDirectory() as open_to_all:
        Path(open_to_all).chmod(0o755)
        model = Path(shutil.copytree(folder, Path(open_to_all) / "model"))
        (model / name).chmod(0)
        with _unprivileged(), pytest.raises(ModelError, match="cannot be read") as error:
            OnnxEmbeddings(model)
        (model / name).chmod(0o700)
    assert str(model / name) in str(error.value)


def test_a_name_that_no_disk_takes(folder: Path):
    with pytest.raises(ModelError, match="cannot be read"):
        OnnxEmbeddings(folder / ("x" * 300))
