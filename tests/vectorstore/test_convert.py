from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest

from tests.vectorstore.helpers import (
    DOCUMENTS,
    LETTERS_MODEL,
    MODEL,
    TEXTS,
    Letters,
    save_by_hand,
    save_langchain,
)
from vectorstore.base import Document, StoreError
from vectorstore.convert import Comparison, convert_langchain
from vectorstore.faiss_store import open_store
from vectorstore.flat import FlatWriter, read_flat
from vectorstore.onnx_embeddings import OnnxEmbeddings

OTHER = Letters("other", "0" * 64, sign=-1)
MANY = [Document(f"id-{at}", f"text {chr(97 + at % 26) * at}", {}) for at in range(100)]


@pytest.mark.parametrize("strategy", ["EUCLIDEAN_DISTANCE", "MAX_INNER_PRODUCT"])
def test_converts_with_the_same_bytes_and_documents(tmp_path, strategy):
    folder = save_langchain(tmp_path / "old", distance_strategy=strategy)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    info = convert_langchain(folder, tmp_path / "new", embedder=LETTERS_MODEL)
    assert (tmp_path / "new" / "index.faiss").read_bytes() == before["index.faiss"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert (info.count, info.dim, info.model_name) == (3, 27, "letters")
    assert info.metric == ("l2" if strategy == "EUCLIDEAN_DISTANCE" else "ip")
    with contextlib.closing(open_store(tmp_path / "new", embedder=LETTERS_MODEL)) as store:
        for document in DOCUMENTS:
            vector = np.float32(LETTERS_MODEL.embed_query(document.text))
            (hit,) = store.search(vector, 1)
            assert hit.document == document
            assert hit.score == pytest.approx(1, abs=1e-6)


def test_reports_the_comparison(tmp_path):
    compared: list[Comparison] = []
    folder = save_langchain(tmp_path / "old", MANY)
    convert_langchain(folder, tmp_path / "new", embedder=LETTERS_MODEL, report=compared.append)
    assert compared[0].ids == tuple(f"id-{at}" for at in range(0, 100, 7))
    assert compared[0].lowest == pytest.approx(1, abs=1e-6)
    assert compared[0].differing == ()


def refused(folder, out, embedder):
    with pytest.raises(StoreError) as caught:
        convert_langchain(folder, out, embedder=embedder)
    assert not out.exists()
    assert list(out.parent.glob(".*")) == []
    return caught.value


def test_another_models_vectors_are_refused_with_the_figure(tmp_path):
    error = refused(save_langchain(tmp_path / "old"), tmp_path / "new", OTHER)
    assert "not those of other: embedded again, 3 of 3 texts have a cosine below 0.99" in str(error)
    assert "(median 0." in str(error)
    assert error.exit_code == 1


def test_another_dim_is_refused_with_both(tmp_path):
    error = refused(save_langchain(tmp_path / "old"), tmp_path / "new", Letters("short", dim=9))
    assert "have dim 27, those of short 9" in str(error)


def shuffled(folder, rows):
    vectors, _ = read_flat(folder / "index.faiss")
    with FlatWriter(folder / "index.faiss", dim=vectors.shape[1], metric="l2") as index:
        index.append(vectors[rows])
    return folder


def test_vectors_in_another_order_are_refused(tmp_path):
    folder = shuffled(save_langchain(tmp_path / "old", MANY), np.arange(100)[::-1])
    assert "not those of letters" in str(refused(folder, tmp_path / "new", LETTERS_MODEL))


def test_a_few_edited_texts_are_converted_and_named(tmp_path):
    rows = np.arange(100)
    rows[[14, 49]] = 2  # ids 14 and 49 are among the samples
    folder = shuffled(save_langchain(tmp_path / "old", MANY), rows)
    compared: list[Comparison] = []
    convert_langchain(folder, tmp_path / "new", embedder=LETTERS_MODEL, report=compared.append)
    assert compared[0].differing == ("id-14", "id-49")
    assert compared[0].median > 0.999


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_vectors_that_are_none_are_refused(tmp_path, value):
    folder = save_langchain(tmp_path / "old")
    with FlatWriter(folder / "index.faiss", dim=27, metric="l2") as index:
        index.append(np.full((3, 27), value, np.float32))
    assert "3 of 3 texts" in str(refused(folder, tmp_path / "new", LETTERS_MODEL))


def test_an_index_cut_short_is_refused(tmp_path):
    folder = save_langchain(tmp_path / "old")
    os.truncate(folder / "index.faiss", 200)
    assert "cut short" in str(refused(folder, tmp_path / "new", LETTERS_MODEL))


def test_a_pickle_that_calls_something_is_refused(tmp_path):
    attack = b"cos\nsystem\n(Vtouch /tmp/fit512-must-never-exist\ntR."
    folder = save_by_hand(tmp_path / "old", attack)
    assert "names os.system" in str(refused(folder, tmp_path / "new", LETTERS_MODEL))
    assert not Path("/tmp/fit512-must-never-exist").exists()


def test_an_existing_target_is_refused_before_anything_is_read(tmp_path):
    (tmp_path / "new").mkdir()
    with pytest.raises(StoreError, match="exists, will not overwrite it without --force"):
        convert_langchain(tmp_path / "missing", tmp_path / "new", embedder=LETTERS_MODEL)


def test_the_real_model_recognises_its_vectors_and_no_others(tmp_path):
    model = OnnxEmbeddings(MODEL)
    save_langchain(tmp_path / "old", model=model)
    compared: list[Comparison] = []
    convert_langchain(tmp_path / "old", tmp_path / "new", embedder=model, report=compared.append)
    assert compared[0].lowest > 0.9999

    rows = np.random.default_rng(0).standard_normal((3, 384)).astype(np.float32)
    with FlatWriter(tmp_path / "old" / "index.faiss", dim=384, metric="l2") as index:
        index.append(rows)
    assert "not those of all-MiniLM-L6-v2" in str(refused(tmp_path / "old", tmp_path / "x", model))


@pytest.mark.corpus
@pytest.mark.skipif("CORPUS_DIR" not in os.environ, reason="CORPUS_DIR is not set")
@pytest.mark.parametrize(("name", "count"), [("vectorstore", 3), ("faiss_index", 52)])
def test_the_reference_repository(tmp_path, name, count):
    folder = Path(os.environ["CORPUS_DIR"]) / "myshop" / name
    model = OnnxEmbeddings(MODEL)
    compared: list[Comparison] = []
    info = convert_langchain(folder, tmp_path / "new", embedder=model, report=compared.append)
    assert info.count == count
    assert compared[0].lowest > 0.999
    assert (tmp_path / "new" / "index.faiss").read_bytes() == (folder / "index.faiss").read_bytes()


def test_the_letters_model_tells_the_texts_apart():
    vectors = np.asarray(LETTERS_MODEL.embed_documents(TEXTS))
    assert (vectors @ vectors.T)[~np.eye(3, dtype=bool)].max() < 0.99
