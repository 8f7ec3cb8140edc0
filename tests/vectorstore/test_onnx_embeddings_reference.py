"""Both recipes beside vectors that sentence-transformers itself gave (tests/migrate/export)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_folder
from tools.migrate.export.sources import find
from vectorstore.onnx_embeddings import OnnxEmbeddings

FIXTURES = Path(__file__).parents[1] / "migrate" / "export" / "fixtures"
ABOUT = json.loads((FIXTURES / "sentence_transformers.json").read_text("utf-8"))
EXPECTED = np.load(FIXTURES / "sentence_transformers.npy")


@pytest.fixture(scope="module")
def fp32(tmp_path_factory: pytest.TempPathFactory) -> OnnxEmbeddings:
    source = find("all-MiniLM-L6-v2")
    target = tmp_path_factory.mktemp("fp32") / "model"
    origin = Origin(source.kind, source.reference, None, ABOUT["weights_sha256"])
    with source.open() as folder:
        write_model(read_folder(folder), origin, source.name, "fp32", target)
    return OnnxEmbeddings(target)


def _cosines(model: OnnxEmbeddings) -> np.ndarray:
    return (model.encode(ABOUT["texts"]).astype(np.float64) * EXPECTED).sum(axis=1)


def test_fp32_equals_sentence_transformers(fp32: OnnxEmbeddings):
    assert _cosines(fp32).min() >= 0.99999
    np.testing.assert_allclose(fp32.encode(ABOUT["texts"]), EXPECTED, rtol=0, atol=2e-6)


def test_w8_comes_near_it():
    model = OnnxEmbeddings("models/all-MiniLM-L6-v2")
    assert (model.recipe, model.sha256) == ("w8", ABOUT["weights_sha256"])
    cosines = _cosines(model)
    assert cosines.min() >= 0.997
    sentences = [i for i, text in enumerate(ABOUT["texts"]) if len(text.split()) > 3]
    assert cosines[sentences].min() >= 0.999
