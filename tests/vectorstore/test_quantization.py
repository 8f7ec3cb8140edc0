from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest

from tests.vectorstore.helpers import DOCUMENTS, LETTERS_MODEL, vectors
from vectorstore.base import Document
from vectorstore.build import build_store
from vectorstore.faiss_store import open_store
from vectorstore.flat import FlatWriter
from vectorstore.manifest import Loss, read_manifest
from vectorstore.quantization import measure, quantize_file
from vectorstore.sq8 import quantize

MANY = [Document(str(at), f"text {at:b} {chr(97 + at % 26) * at}", {}) for at in range(300)]


def flat(path, rows, metric="ip"):
    with FlatWriter(path, dim=rows.shape[1], metric=metric) as index:
        index.append(rows)
    return path


def test_the_loss_stands_in_the_manifest(tmp_path):
    info = build_store(MANY, LETTERS_MODEL, tmp_path / "s", index="sq8")
    assert info.kind == "sq8"
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [
        "documents.sqlite",
        "index.faiss",
        "manifest.json",
    ]
    loss = read_manifest(tmp_path / "s").index.loss
    assert loss is not None
    assert loss.questions == 150
    assert 0.9 < loss.recall_at_10 <= 1
    assert 0 < loss.score_error < 0.01
    with contextlib.closing(open_store(tmp_path / "s", embedder=LETTERS_MODEL)) as store:
        query = vectors([MANY[40].text])[0]
        assert "40" in [hit.document.id for hit in store.search(query, 3)]


def test_a_flat_store_says_nothing_of_a_loss(tmp_path):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s")
    assert "loss" not in json.loads((tmp_path / "s" / "manifest.json").read_text())["index"]


@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_a_coarser_index_has_a_loss(tmp_path, metric):
    rows = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
    path = flat(tmp_path / "flat", rows, metric)
    quantize(rows, metric, tmp_path / "good")
    quantize(np.round(rows), metric, tmp_path / "bad")
    good, bad = measure(path, tmp_path / "good"), measure(path, tmp_path / "bad")
    assert good.recall_at_10 > 0.9 > bad.recall_at_10
    assert good.score_error < 0.2 < bad.score_error


@pytest.mark.parametrize("count", [1, 2, 11])
def test_small_indexes(tmp_path, count):
    path = flat(tmp_path / "x", vectors([item.text for item in MANY[:count]]))
    loss = quantize_file(path)
    assert loss.recall_at_10 > 0.8
    assert loss.questions == (0 if count == 1 else count)
    assert [item.name for item in tmp_path.iterdir()] == ["x"]


def test_one_vector_loses_nothing(tmp_path):
    assert quantize_file(flat(tmp_path / "x", vectors(["a"]))) == Loss(0, 1.0, 0.0)
