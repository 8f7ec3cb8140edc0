from __future__ import annotations

from pathlib import Path

import pytest

from tools.profile.kinds import Kind, kind


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("app.json", None, id="settings"),
        pytest.param("README.md", None, id="text"),
        pytest.param("libtorch.so", None, id="library"),
        pytest.param("model_card.txt", None, id="about a model"),
        pytest.param("app.py", Kind.SOURCE, id="source"),
        pytest.param("__pycache__/app.cpython-311.pyc", Kind.SOURCE, id="byte code"),
        pytest.param("model.onnx", Kind.MODEL, id="onnx"),
        pytest.param("model.onnx.data", Kind.MODEL, id="onnx weights"),
        pytest.param("model-00001-of-00002.safetensors", Kind.MODEL, id="safetensors"),
        pytest.param("pytorch_model.bin", Kind.MODEL, id="pytorch"),
        pytest.param("llama-2-7b.Q4_0.gguf", Kind.MODEL, id="gguf"),
        pytest.param("tokenizer.json", Kind.MODEL, id="tokenizer"),
        pytest.param("index.faiss", Kind.STORE, id="faiss"),
        pytest.param("index.pkl", Kind.STORE, id="documents of langchain's FAISS"),
        pytest.param("chroma.sqlite3", Kind.STORE, id="chroma"),
        pytest.param("data_level0.bin", Kind.STORE, id="chroma's index"),
        pytest.param("vectors.npy", Kind.STORE, id="numpy"),
    ],
)
def test_by_name(name, expected):
    assert kind(Path(name)) == expected


@pytest.mark.parametrize(("size", "expected"), [(100, None), (1 << 20, Kind.MODEL)])
def test_a_blob_of_the_hub_cache_by_its_size(size, expected, tmp_path):
    blob = tmp_path / "blobs" / ("0" * 64)
    blob.parent.mkdir()
    blob.write_bytes(bytes(size))
    assert kind(blob) == expected
