"""`python -m bench.store`: what each format of a store takes, and what it loses.

Embeds up to 6,000 paragraphs of the standard library's docstrings with the default model, and 500 more as
questions; a second corpus, 60,000 random unit vectors, is there for memory and time alone. Each run
is a fresh process that opens one store and searches it, formats in turn. Recall is against exact
search of the flat index. Writes reports/store.json.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import STORE_CODE, content, machine, versions
from bench.output import say, write_report
from bench.summary import summarize
from vectorstore import searching
from vectorstore.base import Document, Vectors
from vectorstore.commandline import Exit, run
from vectorstore.exact import nearest
from vectorstore.faiss_store import Store, open_store
from vectorstore.manifest import INDEX, read_manifest
from vectorstore.saved_index import read_saved
from vectorstore.sources import read_documents
from vectorstore.sq8 import quantize
from vectorstore.writing import write_store

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models/all-MiniLM-L6-v2"
FAQ = ROOT / "examples/shop_faq.jsonl"
WORK = ROOT / "build/bench/store"
REAL, QUESTIONS, RANDOM = 6000, 500, 60_000
NEIGHBOURS = 10
SEARCHES = 500
# Name -> faiss's factory string; None is written by vectorstore itself.
FORMATS = {
    "flat": None,
    "sq8": None,
    "ivf-flat": "IVF64,Flat",
    "ivf-sq8": "IVF64,SQ8",
    "hnsw-flat": "HNSW32,Flat",
    "pq": "PQ48",
}
PROBES = 8


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.store", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.store", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each format (default: 5)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/store.json")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--numpy", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.numpy:
        searching.SQ8_BY_FAISS_FROM = sys.maxsize
    if arguments.measure:
        sys.stdout.write(json.dumps(_measure(arguments.measure)))
        return Exit.OK
    WORK.mkdir(parents=True, exist_ok=True)
    corpora = {"docstrings": _real(), "random": _random()}
    stores = {
        f"{corpus}/{name}": _store(corpus, name, *vectors)
        for corpus, vectors in corpora.items()
        for name in (FORMATS if corpus == "docstrings" else ("flat", "sq8", "ivf-sq8"))
    }
    stores["random/sq8 by numpy"] = stores["random/sq8"]
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in stores}
    for _ in range(arguments.runs):
        for name, folder in stores.items():
            measured[name].append(_in_fresh_process(folder, numpy="numpy" in name))
            _say(name, measured[name][-1])
    sizes = {name: len(rows) for name, (rows, _) in corpora.items()}
    report = _report(measured, stores, arguments.runs, sizes)
    write_report(arguments.out, report)
    return Exit.OK


def _real() -> tuple[Vectors, Vectors]:
    """Vectors of the paragraphs and of the questions, embedded once for each text and model."""
    from vectorstore.onnx_embeddings import OnnxEmbeddings

    model = OnnxEmbeddings(MODEL)
    texts = list(_paragraphs())[: REAL + QUESTIONS]
    key = hashlib.sha256("\0".join([model.sha256, model.recipe, *texts]).encode()).hexdigest()
    path = WORK / f"{key[:16]}.npy"
    if not path.exists():
        np.save(path, np.asarray(model.embed_documents(texts), np.float32))
    rows = np.load(path)
    return rows[QUESTIONS:], rows[:QUESTIONS]


def _paragraphs() -> Iterator[str]:
    """Different paragraphs of docstrings, 80 to 1,000 characters, in an order without a pattern."""
    library = Path(sysconfig.get_paths()["stdlib"])
    found: set[str] = set()
    for source in sorted(library.rglob("*.py")):
        if {"site-packages", "test", "tests", "idlelib"} & set(source.parts):
            continue
        try:
            tree = ast.parse(source.read_bytes())
        except SyntaxError:
            continue
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        for node in ast.walk(tree):
            text = ast.get_docstring(node) if isinstance(node, kinds) else None
            found.update(" ".join(part.split()) for part in (text or "").split("\n\n"))
    chosen = (text for text in found if 80 <= len(text) <= 1000)
    return iter(sorted(chosen, key=lambda text: hashlib.sha256(text.encode()).digest()))


def _random() -> tuple[Vectors, Vectors]:
    rows = np.random.default_rng(512).standard_normal((RANDOM + QUESTIONS, 384), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows[QUESTIONS:], rows[:QUESTIONS]


class _Model:
    name, dim = "all-MiniLM-L6-v2", 384
    sha256 = json.loads((MODEL / "embedding.json").read_text())["source"]["sha256"]


def _store(corpus: str, name: str, rows: Vectors, questions: Vectors) -> Path:
    """The store folder, with the questions and their true neighbours beside its files."""
    folder = WORK / corpus / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    documents = (Document(str(at), "A text of usual length. " * 10, {}) for at in range(len(rows)))
    index: Any = rows
    if factory := FORMATS[name]:
        index = read_saved(_by_faiss(folder, factory, rows))
    elif name == "sq8":
        quantized = folder.with_suffix(".faiss")
        quantize(rows, "ip", quantized)
        index = read_saved(quantized)
    write_store(folder, index, documents, model=_Model())
    true = [nearest(rows, "ip", query, NEIGHBOURS)[0] for query in questions]
    np.savez(folder / "questions.npz", questions=questions, true=np.stack(true))
    return folder


def _by_faiss(folder: Path, factory: str, rows: Vectors) -> Path:
    import faiss

    index = faiss.index_factory(rows.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    index.train(rows)
    index.add(rows)
    if hasattr(index, "nprobe"):
        index.nprobe = PROBES
    path = folder.with_suffix(".faiss")
    faiss.write_index(index, str(path))
    return path


def _in_fresh_process(folder: Path, *, numpy: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.store", "--measure", str(folder)]
    command += ["--numpy"] if numpy else []
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    return dict(json.loads(done.stdout))


def _measure(folder: Path) -> dict[str, float]:
    """Opens the store and searches it; MiB are what that adds to the process."""
    loaded = np.load(folder / "questions.npz")
    questions, true = loaded["questions"], loaded["true"]
    before = _memory_mib()
    started = time.perf_counter()
    store = open_store(folder, check_files=False)
    opened = time.perf_counter() - started
    assert isinstance(store, Store)
    times, shares = [], []
    for query, expected in zip(questions[:SEARCHES], true, strict=False):
        started = time.perf_counter()
        hits = store.search(query, NEIGHBOURS)
        times.append((time.perf_counter() - started) * 1000)
        found = {int(hit.document.id) for hit in hits}
        shares.append(len(found & set(expected.tolist())) / NEIGHBOURS)
    after = _memory_mib()
    return {
        "open_ms": opened * 1000,
        "rss_mib": after["Rss"] - before["Rss"],
        "anonymous_mib": after["Anonymous"] - before["Anonymous"],
        "p50_ms": statistics.median(times),
        "recall_at_10": statistics.fmean(shares),
        "imports_faiss": float("faiss" in sys.modules),
    }


def _memory_mib() -> dict[str, float]:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    return {line.partition(":")[0]: int(line.split()[1]) / 1024 for line in lines}


def _report(
    measured: dict[str, list[dict[str, Any]]],
    stores: dict[str, Path],
    runs: int,
    sizes: dict[str, int],
) -> dict[str, Any]:
    return {
        "schema": 1,
        "command": f"python -m bench.store --runs {runs}",
        "machine": machine(),
        "versions": versions(("faiss-cpu", "numpy", "onnxruntime")),
        "content": content(STORE_CODE),
        "runs": runs,
        "corpora": {**sizes, "questions": QUESTIONS},
        "sample": _sample(),
        "formats": {
            name: {"index_mib": round(_mib(stores[name] / INDEX), 3), **summarize(found)}
            for name, found in measured.items()
        },
    }


def _sample() -> dict[str, Any]:
    """The sample store built as sq8, with the loss that its manifest states."""
    from vectorstore.build import build_store
    from vectorstore.onnx_embeddings import OnnxEmbeddings

    out = WORK / "sample"
    info = build_store(read_documents([FAQ]), OnnxEmbeddings(MODEL), out, index="sq8", force=True)
    loss = read_manifest(out).index.loss
    assert loss is not None
    return {
        "documents": info.count,
        "questions": loss.questions,
        "recall_at_10": loss.recall_at_10,
        "score_error": loss.score_error,
    }


def _mib(path: Path) -> float:
    return path.stat().st_size / 2**20


def _say(name: str, found: dict[str, Any]) -> None:
    say(f"{name}: " + ", ".join(f"{k} {v:.3f}" for k, v in found.items()))


if __name__ == "__main__":
    raise SystemExit(main())
