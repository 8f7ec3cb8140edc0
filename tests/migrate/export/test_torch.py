"""The exporter beside sentence-transformers itself, run in an environment that has torch.

FIT512_TORCH_PYTHON names its interpreter; ours never has torch.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.migrate.export.tiny import TEXTS, Tiny, variant
from tools.migrate.export.sources import find
from tools.migrate.export.texts import builtin_texts

PYTHON = os.environ.get("FIT512_TORCH_PYTHON", "")
SCRIPT = Path(__file__).with_name("torch_vectors.py")
FIXTURE = Path(__file__).with_name("fixtures") / "sentence_transformers"
ODD = (
    "",
    " ",
    "\n\t",
    "yes",
    "?",
    "Größe",
    "日本語のテキスト",
    "📦🎉",
    "مرحبا",
    "e\u0301",
    "a" * 500,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PYTHON, reason="FIT512_TORCH_PYTHON names no Python with sentence-transformers"
    ),
]


def reference(folder: Path, texts: list[str], work: Path) -> np.ndarray:
    """Vectors float32 (n, dim) of sentence-transformers."""
    (work / "texts.json").write_text(json.dumps({"texts": texts}), encoding="utf-8")
    paths = [str(path) for path in (folder, work / "texts.json", work / "vectors.npy")]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    subprocess.run([PYTHON, str(SCRIPT), *paths], env=environment, check=True, timeout=600)
    vectors: np.ndarray = np.load(work / "vectors.npy")
    return vectors


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def test_fp32_of_the_default_model_equals_sentence_transformers(tmp_path: Path, exported):
    paragraphs = list(builtin_texts(500, 50).documents)
    long = [" ".join(paragraphs[i : i + 15]) for i in range(0, 300, 15)]
    texts = [*paragraphs, *long, *ODD]
    with find("all-MiniLM-L6-v2").open() as folder:
        model = exported(folder)
        expected = reference(folder, texts, tmp_path)
    assert sum(len(model._tokens(text)) == 256 for text in texts) >= 20
    found = model.encode(texts)
    assert cosines(found, expected).min() >= 0.99999
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_the_committed_vectors_are_what_it_gives(tmp_path: Path):
    texts = json.loads(FIXTURE.with_suffix(".json").read_text("utf-8"))["texts"]
    with find("all-MiniLM-L6-v2").open() as folder:
        expected = reference(folder, texts, tmp_path)
    np.testing.assert_allclose(np.load(FIXTURE.with_suffix(".npy")), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(Tiny(), id="common"),
        pytest.param(variant(layers=3, heads=4, hidden=64), id="deeper, wider"),
        pytest.param(variant(pooling="cls"), id="cls pooling"),
        pytest.param(variant(normalize=False), id="not normalized"),
        pytest.param(variant(pooling=None), id="plain transformers folder"),
        pytest.param(variant(max_tokens=None), id="as long as its positions"),
        pytest.param(variant(activation="gelu_new"), id="gelu_new"),
        pytest.param(variant(activation="relu"), id="relu"),
    ],
)
def test_tiny_models(model: Tiny, tmp_path: Path, exported):
    folder = model.write(tmp_path / "model")
    expected = reference(folder, TEXTS, tmp_path)
    np.testing.assert_allclose(exported(folder).encode(TEXTS), expected, rtol=0, atol=2e-5)
    np.testing.assert_allclose(model.vectors(TEXTS), expected, rtol=0, atol=2e-5)
