"""`python -m bench.quantized`: what quantized vectors take and find, on really embedded texts.

The 20,000 paragraphs of `bench.million` and its 1,000 questions, and among them the passages of the
labelled set of `bench.retrieval`, in a store of every kind of index. Files are the index and what it
keeps on the disk to rank again; recall@10 is against exact search, by the codes alone and after
ranking again; recall@4 and MRR are those of `export --compare`. MiB and ms of a search are those of
fresh processes on a cold cache, without a model. Writes reports/quantized.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import million_corpus
from bench.machine import STORE_CODE, content, machine, versions
from bench.million import MODEL, QUESTIONS, REAL, WORK
from bench.output import say, write_report
from bench.summary import summarize
from tools.limits import evict
from tools.migrate.export import labelled, parity
from tools.migrate.export.quality import Quality, of_ranking
from tools.migrate.export.texts import Texts
from vectorstore.base import Document, Vectors
from vectorstore.commandline import Exit, run
from vectorstore.documents import DocumentsWriter
from vectorstore.flat import FlatWriter
from vectorstore.indexing import INDEX_KINDS, Indexed, IndexKind, index_vectors
from vectorstore.ivf import lists_for
from vectorstore.manifest import DOCUMENTS, INDEX, VECTORS
from vectorstore.onnx_embeddings import OnnxEmbeddings
from vectorstore.samples import NEIGHBOURS, true_neighbours
from vectorstore.searching import Searched, open_index
from vectorstore.writing import seal

ROOT = Path(__file__).resolve().parent.parent
# What is looked at of a ranking: fewer than ivf-rabitq compares by the vectors, else it would compare
# more for it than for a question. A right passage behind them would add .016 to a question at most.
RANKED = 64
K = 4  # as `export --compare`


@dataclass(frozen=True)
class Corpus:
    """`rows`, those of the labelled passages first, and the `texts` of them; what is asked of them.

    `asked` have the `true` nearest, shape (questions, 10); `labelled_asked` the right passages of
    `known`.
    """

    texts: list[str]
    rows: Vectors
    asked: Vectors
    true: NDArray[np.int64]
    known: labelled.Labelled
    labelled_asked: Vectors


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.quantized", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.quantized", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="fresh processes (default: 3)")
    parser.add_argument("--count", type=int, default=REAL, help="paragraphs (default: 20,000)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/quantized.json")
    arguments = parser.parse_args(argv)
    model = OnnxEmbeddings(MODEL)
    corpus = _corpus(model, arguments.count)
    kinds = {kind: _kind(kind, model, corpus, arguments.runs) for kind in INDEX_KINDS}
    report = {
        "schema": 1,
        "command": f"python -m bench.quantized --runs {arguments.runs}",
        "machine": machine(),
        "versions": versions(("faiss-cpu", "numpy", "onnxruntime")),
        "content": content(STORE_CODE),
        "runs": arguments.runs,
        "chunks": len(corpus.rows),
        "questions": len(corpus.asked),
        "labelled": {
            "name": corpus.known.name,
            "questions": len(corpus.known.questions),
            "passages": len(corpus.known.passages),
        },
        "k": K,
        "dim": corpus.rows.shape[1],
        "lists": lists_for(len(corpus.rows)),
        "kinds": kinds,
    }
    write_report(arguments.out, report)
    return Exit.OK


def _corpus(model: OnnxEmbeddings, count: int) -> Corpus:
    known = labelled.read_labelled(labelled.DEFAULT, K)
    texts = Texts(documents=known.passages, questions=known.questions)
    passages, labelled_asked = np.split(parity.embed(MODEL, texts), [len(known.passages)])
    stored, others = million_corpus.paragraphs(count, QUESTIONS)
    paragraphs, asked = np.split(
        million_corpus.embedded(stored + others, model, WORK), [len(stored)]
    )
    rows = np.concatenate([passages, paragraphs])
    true, _ = true_neighbours(rows, "ip", asked, NEIGHBOURS)
    return Corpus([*known.passages, *stored], rows, asked, true, known, labelled_asked)


def _kind(kind: IndexKind, model: OnnxEmbeddings, corpus: Corpus, runs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="quantized-", dir=WORK) as work:
        folder = Path(work) / "store"
        done = _store(folder, kind, model, corpus)
        np.save(folder.with_name("asked.npy"), corpus.asked)
        kept = folder / VECTORS if (folder / VECTORS).exists() else None
        searched = open_index(folder / INDEX, kind, done.search, kept)
        codes = open_index(folder / INDEX, kind, done.search) if kept else searched
        found = {
            "bytes_per_chunk": round((folder / INDEX).stat().st_size / len(corpus.rows), 1),
            "bytes_on_disk": round(kept.stat().st_size / len(corpus.rows), 1) if kept else 0,
            "recall_of_codes": _ask(codes, corpus)["recall"],
            **_ask(searched, corpus),
            "recall_stated": done.loss.recall_at_10 if done.loss else 1.0,
            "labelled_of_codes": asdict(_labelled(codes, corpus)),
            "labelled": asdict(_labelled(searched, corpus)),
            "probes": done.search.probes if done.search else None,
            "reranked": done.search.reranked if done.search else None,
            **summarize([_fresh_process(folder) for _ in range(runs)]),
        }
        say(f"{kind}: {found}")
        return found


def _store(folder: Path, kind: IndexKind, model: OnnxEmbeddings, corpus: Corpus) -> Indexed:
    folder.mkdir()
    with FlatWriter(folder / VECTORS, dim=corpus.rows.shape[1], metric="ip") as writer:
        writer.append(corpus.rows)
    with DocumentsWriter(folder / DOCUMENTS) as documents:
        documents.extend(Document(str(at), text, {}) for at, text in enumerate(corpus.texts))
    done = index_vectors(folder, kind)
    seal(folder, model, done.loss, done.search)
    return done


def _fresh_process(folder: Path) -> dict[str, float | None]:
    """Opens the store on a cold cache and asks it all questions."""
    evict([folder])
    command = [sys.executable, "-m", "bench.quantized_child", str(folder)]
    ran = subprocess.run(
        [*command, str(folder.with_name("asked.npy"))],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    measured: dict[str, float | None] = json.loads(ran.stdout)
    return measured


def _ask(index: Searched, corpus: Corpus) -> dict[str, float]:
    shares, times = [], []
    for question, expected in zip(corpus.asked, corpus.true.tolist(), strict=True):
        started = time.process_time()
        positions, _ = index.nearest(question, NEIGHBOURS)
        times.append((time.process_time() - started) * 1000)
        shares.append(len(set(positions.tolist()) & set(expected)) / NEIGHBOURS)
    return {
        "recall": round(statistics.fmean(shares), 4),
        "p50_ms": round(statistics.median(times), 3),
    }


def _labelled(index: Searched, corpus: Corpus) -> Quality:
    order = [index.nearest(asked, RANKED)[0].tolist() for asked in corpus.labelled_asked]
    return of_ranking(order, corpus.known, K)


if __name__ == "__main__":
    raise SystemExit(main())
