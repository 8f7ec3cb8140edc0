"""`python -m bench.batching`: what it saves to embed questions that wait together.

The service's retriever on one core, with its model, store and two threads, is asked by 8 and by 32 at
a time, each of whom asks again as soon as he is answered. It may take eight questions together, or one:
both alternately in one process, with short questions and with longer ones. Told are processor and
elapsed ms for a question, and the wait for an answer. Writes reports/batching.json.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.machine import content, machine, versions
from bench.output import say, write_report
from bench.questions import WORDS_PER_QUESTION, questions
from bench.service import FAQ, MODEL, ROOT, STORE
from bench.summary import summarize
from service.config import Settings
from service.retriever import Retriever
from vectorstore.base import Embedder, VectorStore
from vectorstore.commandline import Exit, run
from vectorstore.faiss_store import open_store
from vectorstore.onnx_embeddings import OnnxEmbeddings
from vectorstore.token_counter import TokenCounter

AT_ONCE = (8, 32)
QUESTIONS = 640
# Words of a question: "Where is my parcel?", and as the other benchmarks have them.
LENGTHS = {"short": 4, "longer": WORDS_PER_QUESTION}
# Whatever the service does by default, which this decides.
TOGETHER = 8
SIDES = {"alone": 1, "together": TOGETHER}
WORKERS = Settings.model_fields["embed_workers"].default
TOP_K = Settings.model_fields["top_k"].default
CONTENT = ["requirements.txt", "service/embed_queue.py", "service/retriever.py", "vectorstore"]
Measured = dict[str, float | None]


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.batching", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.batching", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="of each side (default: 15)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/batching.json")
    arguments = parser.parse_args(argv)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    embedder, store = OnnxEmbeddings(MODEL), open_store(STORE)
    lengths = {
        name: _length(embedder, store, words, arguments.runs) for name, words in LENGTHS.items()
    }
    store.close()
    report = {
        "schema": 1,
        "command": f"python -m bench.batching --runs {arguments.runs}",
        "machine": machine(),
        "versions": versions(),
        "content": content(CONTENT),
        "runs": arguments.runs,
        "recipe": embedder.recipe,
        "questions": QUESTIONS,
        "cores_used": 1,
        "workers": WORKERS,
        "together": TOGETHER,
        "lengths": lengths,
    }
    write_report(arguments.out, report)
    return Exit.OK


def _length(embedder: OnnxEmbeddings, store: VectorStore, words: int, runs: int) -> dict[str, Any]:
    asked = [" ".join(text.split()[:words]) for text in questions(QUESTIONS, FAQ)]
    tokens = TokenCounter(MODEL)
    counts = [tokens.special + sum(map(tokens, text.split())) for text in asked]
    return {
        "words": words,
        "tokens": round(statistics.fmean(counts), 1),
        "at_once": {str(n): _sides(embedder, store, asked, n, runs) for n in AT_ONCE},
    }


def _sides(
    embedder: Embedder, store: VectorStore, asked: Sequence[str], at_once: int, runs: int
) -> dict[str, Any]:
    """Both sides, alternately, the one first and then the other; one round before counts for nothing."""
    measured: dict[str, list[Measured]] = {side: [] for side in SIDES}
    for number in range(runs + 1):
        for side in sorted(SIDES, reverse=bool(number % 2)):
            retriever = Retriever(
                embedder, store, top_k=TOP_K, workers=WORKERS, together=SIDES[side]
            )
            found = asyncio.run(_crowd(retriever, asked, at_once))
            retriever.close()
            if number:
                measured[side].append(found)
                say(f"{at_once} at once, {side}: {found}")
    pairs = zip(measured["together"], measured["alone"], strict=True)
    ratios = [{key: _ratio(ours[key], theirs[key]) for key in ours} for ours, theirs in pairs]
    sides = {side: summarize(found) for side, found in measured.items()}
    return {**sides, "together_to_alone": summarize(ratios)}


def _ratio(ours: float | None, theirs: float | None) -> float:
    assert ours is not None
    assert theirs is not None
    return ours / theirs


async def _crowd(retriever: Retriever, asked: Sequence[str], at_once: int) -> Measured:
    waits: list[float] = []
    left = iter(asked)
    cpu, started = time.process_time(), time.perf_counter()
    await asyncio.gather(*(_visitor(retriever, left, waits) for _ in range(at_once)))
    cpu, elapsed = time.process_time() - cpu, time.perf_counter() - started
    hundredths = statistics.quantiles(waits, n=100)
    return {
        "cpu_ms": cpu / len(asked) * 1000,
        "elapsed_ms": elapsed / len(asked) * 1000,
        "wait_p50_ms": hundredths[49] * 1000,
        "wait_p95_ms": hundredths[94] * 1000,
    }


async def _visitor(retriever: Retriever, left: Iterator[str], waits: list[float]) -> None:
    for question in left:
        started = time.perf_counter()
        await retriever.find(question)
        waits.append(time.perf_counter() - started)


if __name__ == "__main__":
    raise SystemExit(main())
