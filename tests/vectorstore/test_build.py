from __future__ import annotations

import contextlib
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest

from tests.vectorstore.helpers import DOCUMENTS, LETTERS_MODEL, Letters, vectors
from vectorstore.base import Document, StoreError
from vectorstore.build import BATCH_DOCUMENTS, build_store
from vectorstore.faiss_store import open_store
from vectorstore.flat import read_flat


@dataclass(frozen=True)
class Scaled(Letters):
    """The same directions, another length."""

    scale: float = 3.0

    def embed_documents(self, texts):
        return [[self.scale * value for value in row] for row in super().embed_documents(texts)]


def many(count):
    return (Document(str(at), f"text {at:b} {'abc'[at % 3]}", {"at": at}) for at in range(count))


def test_builds_a_store_that_finds(tmp_path):
    info = build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s")
    assert (info.count, info.dim, info.metric, info.model_name) == (3, 27, "ip", "letters")
    with contextlib.closing(open_store(tmp_path / "s", embedder=LETTERS_MODEL)) as store:
        for document, vector in zip(DOCUMENTS, vectors([d.text for d in DOCUMENTS]), strict=True):
            (hit,) = store.search(vector, 1)
            assert hit.document == document
            assert hit.score == pytest.approx(1, abs=1e-6)


def test_keeps_the_models_own_unit_vectors(tmp_path):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s")
    stored, _ = read_flat(tmp_path / "s" / "index.faiss")
    assert stored.tobytes() == vectors([d.text for d in DOCUMENTS]).tobytes()


def test_gives_other_vectors_unit_length(tmp_path):
    build_store(DOCUMENTS, Scaled(), tmp_path / "s")
    stored, _ = read_flat(tmp_path / "s" / "index.faiss")
    assert stored == pytest.approx(vectors([d.text for d in DOCUMENTS]), abs=1e-6)


def test_progress_counts_batches(tmp_path):
    seen: list[int] = []
    build_store(many(BATCH_DOCUMENTS * 2 + 1), LETTERS_MODEL, tmp_path / "s", progress=seen.append)
    assert seen == [BATCH_DOCUMENTS, BATCH_DOCUMENTS * 2, BATCH_DOCUMENTS * 2 + 1]
    assert len(read_flat(tmp_path / "s" / "index.faiss")[0]) == BATCH_DOCUMENTS * 2 + 1


def test_long_texts_make_smaller_batches(tmp_path):
    seen: list[int] = []
    documents = [Document(str(at), "x" * 600_000, {}) for at in range(5)]
    build_store(documents, LETTERS_MODEL, tmp_path / "s", progress=seen.append)
    assert seen == [2, 4, 5]


@dataclass(frozen=True)
class Fixed(Letters):
    """The same vector for every text, without counting anything."""

    def embed_documents(self, texts):
        return [[1.0] * self.dim] * len(texts)


def test_memory_does_not_grow_with_the_documents(tmp_path):
    def peak_bytes(count):
        tracemalloc.start()
        texts = (Document(str(at), "x" * 2000, {}) for at in range(count))
        build_store(texts, Fixed(), tmp_path / str(count))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_bytes(4000) < peak_bytes(800) * 1.2


@pytest.mark.parametrize(
    ("documents", "model", "message"),
    [
        pytest.param([], LETTERS_MODEL, "no documents: nothing to build", id="none"),
        pytest.param(
            [*DOCUMENTS, DOCUMENTS[0]],
            LETTERS_MODEL,
            "two documents have the id 'id-0'",
            id="id twice",
        ),
        pytest.param(
            [Document("a", "x", {"k": b""})],
            LETTERS_MODEL,
            r"'a': metadata\['k'\] is a byt",
            id="bytes",
        ),
        pytest.param(
            DOCUMENTS, Scaled(scale=0), "no usable vector for document 'id-0'", id="zeros"
        ),
        pytest.param(DOCUMENTS, Scaled(scale=np.nan), "no usable vector for document", id="nan"),
        pytest.param(
            DOCUMENTS, Letters(dim=5), r"shape \(3, 27\) for 3 texts, and says .* 5", id="dim"
        ),
    ],
)
def test_refused_and_nothing_left_behind(tmp_path, documents, model, message):
    with pytest.raises(StoreError, match=message):
        build_store(documents, model, tmp_path / "s")
    assert list(tmp_path.iterdir()) == []
