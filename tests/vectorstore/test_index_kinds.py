"""Every kind of index that `convert` takes, written by faiss and by LangChain, found again."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys

import faiss
import numpy as np
import pytest

from tests.vectorstore.helpers import LETTERS_MODEL, Letters, docstore, langchain_document, vectors
from vectorstore.base import Document, StoreError
from vectorstore.convert import Comparison, convert_langchain
from vectorstore.faiss_store import open_store
from vectorstore.langchain_folder import check_langchain_folder
from vectorstore.saved_index import read_saved

WORDS = [
    "red shoe",
    "blue hat",
    "my parcel",
    "pay by card",
    "invoice",
    "return it",
    "zebra",
    "quiz",
]
TEXTS = [f"{WORDS[at % 8]} {chr(97 + at // 8 % 26) * (1 + at // 8)}" for at in range(320)]
OTHER = Letters("other", "0" * 64, sign=-1)


def saved(folder, factory, *, metric=faiss.METRIC_L2, ids=None, texts=TEXTS):
    """A LangChain folder around an index of this kind; `ids` are those given to the index."""
    rows = vectors(texts)
    index = faiss.index_factory(rows.shape[1], factory, metric)
    index.train(rows)
    index.add(rows) if ids is None else index.add_with_ids(rows, np.asarray(ids))
    folder.mkdir()
    faiss.write_index(index, str(folder / "index.faiss"))
    named = {f"id-{at}": langchain_document(text, at=at) for at, text in enumerate(texts)}
    found = range(len(texts)) if ids is None else ids
    mapping = dict(zip(map(int, found), named, strict=True))
    (folder / "index.pkl").write_bytes(pickle.dumps((docstore(named), mapping)))
    return folder


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Training so little with many threads takes seconds of waiting for each other."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.fixture
def converted(tmp_path):
    compared: list[Comparison] = []
    with contextlib.ExitStack() as stack:

        def convert(folder, embedder=LETTERS_MODEL):
            out = tmp_path / "new"
            convert_langchain(folder, out, embedder=embedder, report=compared.append)
            store = open_store(out, embedder=embedder)
            return stack.enter_context(contextlib.closing(store)), compared[0]

        yield convert


KINDS = [
    ("Flat", "flat"),
    ("SQ8", "sq8"),
    ("SQfp16", "fp16"),
    ("SQ4", "sq4"),
    ("IVF4,Flat", "ivf-flat"),
    ("IVF4,SQ8", "ivf-sq8"),
    ("IVF4,PQ9x4", "ivf-pq"),
    ("HNSW8", "hnsw-flat"),
    ("HNSW8_SQ8", "hnsw-sq8"),
    ("PQ9x4", "pq"),
    ("PCA20,Flat", "transformed flat"),
]


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT])
@pytest.mark.parametrize(("factory", "kind"), KINDS)
def test_each_kind_is_kept_and_searched(tmp_path, converted, factory, kind, metric):
    folder = saved(tmp_path / "old", factory, metric=metric)
    store, comparison = converted(folder)
    assert store.info.kind == kind
    assert store.info.count == len(TEXTS)
    assert len(comparison.cosines) == 16
    before = (folder / "index.faiss").read_bytes()
    assert (tmp_path / "new" / "index.faiss").read_bytes() == before
    index = faiss.read_index(str(folder / "index.faiss"))
    for text in TEXTS[::40]:
        query = np.float32(LETTERS_MODEL.embed_query(text))
        distances, labels = index.search(query[None], 3)
        hits = store.search(query, 3)
        best = distances[0][0]
        assert hits[0].score == pytest.approx(
            1 - best / 2 if metric == faiss.METRIC_L2 else best, abs=1e-5
        )
        assert {hit.document.metadata["at"] for hit in hits} <= {
            int(at) for at in index.search(query[None], 8)[1][0]
        }
        assert labels[0][0] in {hit.document.metadata["at"] for hit in hits}


@pytest.mark.parametrize(("factory", "kind"), KINDS)
def test_another_models_vectors_are_told_from_every_kind(tmp_path, factory, kind):
    folder = saved(tmp_path / "old", factory)

    class Opposite(Letters):
        def embed_documents(self, texts):
            return [[-value for value in row] for row in super().embed_documents(texts)]

    with pytest.raises(StoreError, match="16 of 16 texts have a cosine below 0"):
        convert_langchain(folder, tmp_path / "new", embedder=Opposite("other", "0" * 64))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("factory", ["IDMap,Flat", "IDMap2,Flat", "IDMap,SQ8", "IDMap,HNSW8"])
def test_an_id_map_is_taken_off(tmp_path, converted, factory):
    ids = np.arange(len(TEXTS))[::-1] * 7 + 3
    store, comparison = converted(saved(tmp_path / "old", factory, ids=ids))
    assert comparison.lowest > 0.999
    inner = factory.partition(",")[2]
    plain = saved(tmp_path / "plain", inner) / "index.faiss"
    if "HNSW" not in factory:  # whose levels are drawn at random
        assert (tmp_path / "new" / "index.faiss").read_bytes() == plain.read_bytes()
    for at in (0, 150, 319):
        (hit,) = store.search(vectors([TEXTS[at]])[0], 1)
        assert hit.document == Document(f"id-{at}", TEXTS[at], {"at": at})


def test_an_id_map_without_its_documents_is_refused(tmp_path):
    folder = saved(tmp_path / "old", "IDMap,Flat", ids=np.arange(320))
    rows = vectors(TEXTS)
    index = faiss.index_factory(rows.shape[1], "IDMap,Flat")
    index.add_with_ids(rows, np.arange(320) + 1)
    faiss.write_index(index, str(folder / "index.faiss"))
    with pytest.raises(StoreError, match="names no document for vector 320"):
        check_langchain_folder(folder)


@pytest.mark.parametrize("factory", ["IDMap,Flat", "IDMap,SQ8"])
def test_one_id_for_two_vectors_is_refused(tmp_path, factory):
    rows = vectors(TEXTS)
    index = faiss.index_factory(rows.shape[1], factory)
    index.train(rows)
    index.add_with_ids(rows, np.zeros(len(rows), np.int64))
    faiss.write_index(index, str(tmp_path / "x"))
    with pytest.raises(StoreError, match="gives one id to two vectors"):
        _ = read_saved(tmp_path / "x").ids


@pytest.mark.parametrize("cut", [100, 5000, -8])
def test_an_id_map_cut_short_is_refused(tmp_path, cut):
    path = saved(tmp_path / "old", "IDMap,Flat", ids=np.arange(320)) / "index.faiss"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(StoreError, match="cut short|damaged|ends after"):
        read_saved(path)


def test_an_ivf_index_with_ids_of_its_own_is_refused(tmp_path):
    folder = saved(tmp_path / "old", "IVF4,Flat", ids=np.arange(320) + 5)
    with pytest.raises(StoreError, match=r"are not 0 to 319 \(vectors were removed, or added"):
        check_langchain_folder(folder)


@pytest.mark.parametrize(
    ("factory", "name"),
    [
        ("NSG8", "IndexNSGFlat"),
        ("LSH", "IndexLSH"),
        ("PQ9x4fs", "IndexPQFastScan"),
        ("Flat,RFlat", "IndexRefineFlat"),
        ("RQ2x4", "no faiss index that is known here"),
        ("IDMap,LSH", "IndexLSH, which is not supported"),
        ("SQ6", None),
    ],
)
def test_other_kinds_are_refused_by_name(tmp_path, factory, name):
    rows = vectors(TEXTS)
    index = faiss.index_factory(rows.shape[1], factory)
    index.train(rows)
    index.add_with_ids(rows, np.arange(320)) if "IDMap" in factory else index.add(rows)
    faiss.write_index(index, str(tmp_path / "x"))
    if name is None:
        assert read_saved(tmp_path / "x").kind == "sq6"
        return
    with pytest.raises(StoreError, match=name):
        read_saved(tmp_path / "x")


@pytest.mark.parametrize("factory", ["IVF4,Flat", "HNSW8", "PQ9x4", "IVF4,SQ8"])
def test_a_cut_file_of_another_kind_is_refused(tmp_path, factory):
    path = saved(tmp_path / "old", factory) / "index.faiss"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StoreError, match=r"faiss .* cannot read .*index.faiss") as refused:
        read_saved(path)
    assert "\n" not in str(refused.value)


def test_what_cannot_be_compared_is_said(tmp_path, monkeypatch, converted):
    # No kind that is read lacks it today; one of tomorrow may.
    monkeypatch.setattr("vectorstore.faiss_kinds.reconstruct", lambda index, rows: None)
    _, comparison = converted(saved(tmp_path / "old", "HNSW8"))
    assert comparison.unchecked
    assert comparison.cosines == ()
    assert comparison.same_model


MAPPED = """
import sys
from pathlib import Path
import numpy as np, faiss
from vectorstore.faiss_store import open_store
def anonymous_mib():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous")) / 1024
before = anonymous_mib()
store = open_store(Path(sys.argv[1]))
store.search(np.ones(store.info.dim, np.float32), 4)
print(anonymous_mib() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.skipif(not hasattr(faiss, "IO_FLAG_MMAP_IFC"), reason="an older faiss cannot map it")
def test_vectors_of_other_kinds_stay_in_the_file(tmp_path):
    from vectorstore.saved_index import ByFaiss
    from vectorstore.writing import write_store

    rows = np.random.default_rng(0).standard_normal((10_000, 384)).astype(np.float32)
    index = faiss.index_factory(384, "IVF8,Flat")
    index.train(rows[:400])
    index.add(rows)
    faiss.write_index(index, str(tmp_path / "x"))
    documents = (Document(str(at), "word", {}) for at in range(10_000))
    write_store(tmp_path / "s", ByFaiss(tmp_path / "x", index), documents, model=Letters(dim=384))
    command = [sys.executable, "-c", MAPPED, str(tmp_path / "s")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 8  # the vectors are 15 MiB


@pytest.mark.parametrize("count", [1 << 40, -1, 5000], ids=["huge", "negative", "too many"])
@pytest.mark.parametrize("factory", ["SQ4", "SQfp16", "IVF4,SQ8", "PCA8,SQ4"])
def test_a_number_of_vectors_that_cannot_be_is_refused(tmp_path, factory, count):
    folder = saved(tmp_path / "old", factory)
    data = bytearray((folder / "index.faiss").read_bytes())
    data[8:16] = count.to_bytes(8, "little", signed=True)
    (folder / "index.faiss").write_bytes(data)
    with pytest.raises(StoreError, match=r"is damaged|cannot read|do not belong together"):
        check_langchain_folder(folder)
