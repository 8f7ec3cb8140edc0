"""One step of `bench.million` in a process of its own: `STEP FOLDER COUNT`. Writes step.json."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench import million_corpus
from bench.million import MODEL, QUESTIONS, REAL, TUNED_ON, WORK
from vectorstore.base import Document, Metric, Vectors
from vectorstore.documents import DocumentsWriter
from vectorstore.faiss_store import open_store
from vectorstore.flat import FlatWriter, map_flat
from vectorstore.indexing import IndexKind, index_vectors
from vectorstore.manifest import DOCUMENTS, VECTORS
from vectorstore.samples import true_neighbours
from vectorstore.tune import tune_store
from vectorstore.writing import seal

NEIGHBOURS = 10
METRIC: Metric = "ip"


class Model:
    name, dim = "all-MiniLM-L6-v2", 384
    sha256 = json.loads((MODEL / "embedding.json").read_text())["source"]["sha256"]


@cache
def embedded() -> tuple[list[str], Vectors]:
    """All paragraphs and their vectors, embedded before by `bench.million`."""
    texts = json.loads((WORK / "texts.json").read_text())
    return texts, million_corpus.embedded(texts, Model(), WORK)  # type: ignore[arg-type]


def prepare(folder: Path, count: int) -> dict[str, Any]:
    """The flat vectors of all chunks, and the questions with their true neighbours."""
    _, vectors = embedded()
    real, asked = vectors[:REAL], np.load(WORK / "asked.npy")
    with FlatWriter(folder / "all.faiss", dim=Model.dim, metric=METRIC) as rows:
        rows.append(real)
        for block in million_corpus.clustered(real, count - REAL):
            rows.append(block)
    made = next(million_corpus.clustered(real, QUESTIONS, seed=million_corpus.SEED + 1))
    every, _ = map_flat(folder / "all.faiss")
    np.savez(
        folder / "questions.npz",
        made=made,
        real=asked,
        made_true=true_neighbours(every, METRIC, made, NEIGHBOURS)[0],
        real_true=true_neighbours(every, METRIC, asked, NEIGHBOURS)[0],
        alone_true=true_neighbours(real, METRIC, asked, NEIGHBOURS)[0],
    )
    return {}


def documents(count: int) -> Iterator[Document]:
    """The paragraphs; a made chunk has one of their texts."""
    texts, _ = embedded()
    for at in range(count):
        yield Document(str(at), texts[at % REAL], {"source": f"{at % 100}.txt"})


def build(folder: Path, count: int, kind: IndexKind) -> dict[str, Any]:
    """A store of all chunks, its vectors copied in blocks as a build embeds them in batches."""
    every, _ = map_flat(folder / "all.faiss")
    return _build(folder / kind, every[:count], count, kind)


def _build(out: Path, vectors: Vectors, count: int, kind: IndexKind) -> dict[str, Any]:
    out.mkdir()
    with FlatWriter(out / VECTORS, dim=Model.dim, metric=METRIC) as rows:
        for start in range(0, count, million_corpus.BLOCK):
            rows.append(vectors[start : start + million_corpus.BLOCK])
    with DocumentsWriter(out / DOCUMENTS) as writer:
        writer.extend(documents(count))
    started = time.perf_counter()
    done = index_vectors(out, kind)
    seconds = time.perf_counter() - started
    manifest = seal(out, Model(), done.loss, done.search)
    assert manifest.index.loss is not None
    assert manifest.index.search is not None
    return {
        "index_s": round(seconds, 1),
        "recall_stated": manifest.index.loss.recall_at_10,
        "probes": manifest.index.search.probes,
        "reranked": manifest.index.search.reranked,
        "files_mib": {file.name: round(file.stat().st_size / 2**20, 1) for file in out.iterdir()},
    }


def search(folder: Path, count: int, kind: IndexKind) -> dict[str, Any]:
    """Opens the store and asks all questions; then, warm, once more with the clock running."""
    before = anonymous_mib()
    started = time.perf_counter()
    store = open_store(folder / kind)
    opened = time.perf_counter() - started
    asked = np.load(folder / "questions.npz")
    recalls = {
        name: recall(store, asked[name][TUNED_ON:], asked[f"{name}_true"][TUNED_ON:])
        for name in ("made", "real")
    }
    times = []
    for question in np.concatenate([asked["made"], asked["real"]]):
        started = time.perf_counter()
        store.search(question, NEIGHBOURS)
        times.append((time.perf_counter() - started) * 1000)
    return {
        "open_s": round(opened, 3),
        "recall_made": recalls["made"],
        "recall_real": recalls["real"],
        "p50_ms": round(statistics.median(times), 2),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 2),
        "anonymous_added_mib": round(anonymous_mib() - before, 1),
    }


def tune(folder: Path, count: int, kind: IndexKind) -> dict[str, Any]:
    """Tunes the store on real questions, which are not those that measure it."""
    asked = np.load(folder / "questions.npz")["real"][:TUNED_ON]
    found = tune_store(folder / kind, 0.95, asked)
    return {"probes": found.trial.search.probes, "reranked": found.trial.search.reranked}


def alone(folder: Path, count: int, kind: IndexKind) -> dict[str, Any]:
    """The really embedded texts in a store of their own."""
    out = folder / f"alone-{kind}"
    shutil.rmtree(out, ignore_errors=True)
    built = _build(out, embedded()[1][:REAL], REAL, kind)
    asked = np.load(folder / "questions.npz")
    found = recall(open_store(out), asked["real"], asked["alone_true"])
    return {"recall": found, "probes": built["probes"], "reranked": built["reranked"]}


def recall(store: Any, questions: Vectors, true: Any) -> float:
    shares = []
    for question, expected in zip(questions, true.tolist(), strict=True):
        found = {int(hit.document.id) for hit in store.search(question, NEIGHBOURS)}
        shares.append(len(found & set(expected)) / NEIGHBOURS)
    return round(statistics.fmean(shares), 4)


def anonymous_mib() -> float:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous")) / 1024


def legacy_write(folder: Path, count: int) -> dict[str, Any]:
    """What LangChain's save_local writes: the flat index as it is, and the pickled texts."""
    import pickle

    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_core.documents import Document as LangchainDocument

    out = folder / "legacy"
    out.mkdir()
    (out / "index.faiss").hardlink_to(folder / "all.faiss")
    named = {
        item.id: LangchainDocument(page_content=item.text, metadata=item.metadata)
        for item in documents(count)
    }
    with (out / "index.pkl").open("wb") as file:
        pickle.dump((InMemoryDocstore(named), {at: str(at) for at in range(count)}), file)
    return {}


def legacy(folder: Path, count: int) -> dict[str, Any]:
    from langchain_community.vectorstores import FAISS
    from langchain_core.embeddings import FakeEmbeddings

    before = anonymous_mib()
    started = time.perf_counter()
    store = FAISS.load_local(
        str(folder / "legacy"), FakeEmbeddings(size=384), allow_dangerous_deserialization=True
    )
    loaded = time.perf_counter() - started
    asked = np.load(folder / "questions.npz")["real"][:50]
    times = []
    for question in asked:
        started = time.perf_counter()
        store.similarity_search_by_vector(question.tolist(), NEIGHBOURS)
        times.append((time.perf_counter() - started) * 1000)
    return {
        "load_s": round(loaded, 1),
        "p50_ms": round(statistics.median(times), 2),
        "anonymous_added_mib": round(anonymous_mib() - before, 1),
    }


def main() -> None:
    name, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    step, _, kind = name.partition(":")
    function = globals()[step.replace("-", "_")]
    found = function(folder, count, kind) if kind else function(folder, count)
    (folder / "step.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
