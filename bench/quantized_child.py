"""What one fresh process takes with a store: `python -m bench.quantized_child STORE QUESTIONS`.

QUESTIONS is an .npy file of vectors, float32, shape (n, dim): no model is loaded. Prints one line of
JSON: MiB of the process after them, by what backs it, and ms of a search on the processor.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from service.memory import process
from vectorstore.base import Vectors, VectorStore
from vectorstore.faiss_store import open_store
from vectorstore.samples import NEIGHBOURS


def main() -> None:
    folder, questions = map(Path, sys.argv[1:])
    store = open_store(folder)
    search_ms = statistics.median(_ms(store, question) for question in np.load(questions))
    held = process()
    measured = {
        "anonymous_mib": _mib(held.anonymous),
        "mapped_mib": _mib(held.file),
        "search_ms": search_ms,
    }
    sys.stdout.write(json.dumps(measured) + "\n")


def _ms(store: VectorStore, question: Vectors) -> float:
    started = time.process_time()
    store.search(question, NEIGHBOURS)
    return (time.process_time() - started) * 1000


def _mib(held_bytes: int | None) -> float | None:
    return None if held_bytes is None else held_bytes / 2**20


if __name__ == "__main__":
    main()
