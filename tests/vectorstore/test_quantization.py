from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest

from tests.vectorstore.helpers import DOCUMENTS, LETTERS_MODEL, vectors
from vectorstore.base import Document
from vectorstore.build import build_store
from vectorstore.cli import main
from vectorstore.faiss_store import open_store
from vectorstore.manifest import Loss, read_manifest
from vectorstore.quantization import measure
from vectorstore.samples import take_samples
from vectorstore.searching import open_index
from vectorstore.sq8 import quantize

MANY = [Document(str(at), f"text {at:b} {chr(97 + at % 26) * at}", {}) for at in range(300)]


def loss(rows, path, metric="ip"):
    return measure(take_samples(rows, metric), open_index(path, "sq8"))


def test_the_loss_stands_in_the_manifest(tmp_path):
    info = build_store(MANY, LETTERS_MODEL, tmp_path / "s", index="sq8")
    assert info.kind == "sq8"
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [
        "documents.sqlite",
        "index.faiss",
        "manifest.json",
    ]
    found = read_manifest(tmp_path / "s").index.loss
    assert found is not None
    assert found.questions == 300
    assert 0.9 < found.recall_at_10 <= 1
    assert 0 < found.score_error < 0.01
    with contextlib.closing(open_store(tmp_path / "s", embedder=LETTERS_MODEL)) as store:
        query = vectors([MANY[40].text])[0]
        assert "40" in [hit.document.id for hit in store.search(query, 3)]


def test_a_store_from_before_the_bound_was_measured_has_none(tmp_path, capsys):
    build_store(MANY, LETTERS_MODEL, tmp_path / "s", index="sq8")
    path = tmp_path / "s" / "manifest.json"
    manifest = json.loads(path.read_text())
    assert 0.9 < manifest["index"]["loss"].pop("least") <= 1
    path.write_text(json.dumps(manifest))
    found = read_manifest(tmp_path / "s").index.loss
    assert found is not None
    assert found.least == 0
    assert main(["info", str(tmp_path / "s")]) == 0
    assert "of the ten nearest are found, scores within" in capsys.readouterr().out


def test_a_flat_store_says_nothing_of_a_loss(tmp_path):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s")
    assert "loss" not in json.loads((tmp_path / "s" / "manifest.json").read_text())["index"]


@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_a_coarser_index_has_a_loss(tmp_path, metric):
    rows = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
    quantize(rows, metric, tmp_path / "good")
    quantize(np.round(rows), metric, tmp_path / "bad")
    good, bad = loss(rows, tmp_path / "good", metric), loss(rows, tmp_path / "bad", metric)
    assert good.recall_at_10 > 0.9 > bad.recall_at_10
    assert good.score_error < 0.2 < bad.score_error


@pytest.mark.parametrize("count", [1, 2, 11])
def test_small_indexes(tmp_path, count):
    rows = vectors([item.text for item in MANY[:count]])
    quantize(rows, "ip", tmp_path / "x")
    found = loss(rows, tmp_path / "x")
    assert found.recall_at_10 > 0.8
    assert found.questions == (0 if count == 1 else count)


def test_one_vector_loses_nothing(tmp_path):
    rows = vectors(["a"])
    quantize(rows, "ip", tmp_path / "x")
    assert loss(rows, tmp_path / "x") == Loss(0, 1.0, 0.0, 1.0)
