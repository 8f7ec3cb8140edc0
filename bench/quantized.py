"""`python -m bench.quantized`: what quantized vectors take and find, on really embedded texts.

The 20,000 paragraphs of `bench.million` and its 1,000 questions, in every kind of index, built as a
store builds them. Bytes are those of the index for a chunk, with what it keeps on the disk to rank
again; recall@10 is against exact search, by the codes alone and after ranking again; time is that
on the processor, one thread. Writes reports/quantized.json.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import million_corpus
from bench.machine import machine, versions
from bench.million import MODEL, QUESTIONS, REAL, WORK
from bench.output import say, write_report
from vectorstore.base import Vectors
from vectorstore.commandline import Exit, run
from vectorstore.flat import FlatWriter
from vectorstore.indexing import INDEX_KINDS, IndexKind, index_vectors
from vectorstore.ivf import lists_for
from vectorstore.manifest import INDEX, VECTORS
from vectorstore.onnx_embeddings import OnnxEmbeddings
from vectorstore.samples import NEIGHBOURS, true_neighbours
from vectorstore.searching import Searched, open_index

ROOT = Path(__file__).resolve().parent.parent


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.quantized", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.quantized", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "reports/quantized.json")
    arguments = parser.parse_args(argv)
    stored, others = million_corpus.paragraphs(REAL, QUESTIONS)
    vectors = million_corpus.embedded(stored + others, OnnxEmbeddings(MODEL), WORK)
    rows, asked = vectors[:REAL], vectors[REAL:]
    true, _ = true_neighbours(rows, "ip", asked, NEIGHBOURS)
    kinds = {kind: _kind(kind, rows, asked, true) for kind in INDEX_KINDS}
    report = {
        "schema": 1,
        "command": "python -m bench.quantized",
        "machine": machine(),
        "versions": versions(("faiss-cpu", "numpy", "onnxruntime")),
        "runs": 1,
        "chunks": len(rows),
        "questions": len(asked),
        "dim": rows.shape[1],
        "lists": lists_for(len(rows)),
        "kinds": kinds,
    }
    write_report(arguments.out, report)
    return Exit.OK


def _kind(
    kind: IndexKind, rows: Vectors, asked: Vectors, true: NDArray[np.int64]
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="fit512-quantized-") as work:
        folder = Path(work)
        with FlatWriter(folder / VECTORS, dim=rows.shape[1], metric="ip") as writer:
            writer.append(rows)
        done = index_vectors(folder, kind)
        kept = folder / VECTORS if (folder / VECTORS).exists() else None
        searched = open_index(folder / INDEX, kind, done.search, kept)
        codes = open_index(folder / INDEX, kind, done.search) if kept else searched
        found = {
            "bytes_per_chunk": round((folder / INDEX).stat().st_size / len(rows), 1),
            "bytes_on_disk": round(kept.stat().st_size / len(rows), 1) if kept else 0,
            "recall_of_codes": _ask(codes, asked, true)["recall"],
            **_ask(searched, asked, true),
            "recall_stated": done.loss.recall_at_10 if done.loss else 1.0,
            "probes": done.search.probes if done.search else None,
            "reranked": done.search.reranked if done.search else None,
        }
        say(f"{kind}: {found}")
        return found


def _ask(index: Searched, asked: Vectors, true: NDArray[np.int64]) -> dict[str, float]:
    shares, times = [], []
    for question, expected in zip(asked, true.tolist(), strict=True):
        started = time.process_time()
        positions, _ = index.nearest(question, NEIGHBOURS)
        times.append((time.process_time() - started) * 1000)
        shares.append(len(set(positions.tolist()) & set(expected)) / NEIGHBOURS)
    return {
        "recall": round(statistics.fmean(shares), 4),
        "p50_ms": round(statistics.median(times), 3),
    }


if __name__ == "__main__":
    raise SystemExit(main())
