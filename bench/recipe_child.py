"""What one fresh process measures of one recipe: `python -m bench.recipe_child KIND FOLDER TEXTS`.

KIND is "recipe" (all of it, through the runtime) or "plain" (the documents alone, through
onnxruntime with its defaults on one thread, in batches of 32 padded to their longest, unsorted).
TEXTS is a JSON file of questions and documents. Prints one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import psutil

from vectorstore import onnx_embeddings
from vectorstore.onnx_embeddings import OnnxEmbeddings

BATCH = 32
REPEATS = {1: 40, 32: 8}  # how often a batch of so many texts is timed


def main() -> None:
    kind, folder, texts = sys.argv[1:]
    asked = json.loads(Path(texts).read_text(encoding="utf-8"))
    found = (_plain if kind == "plain" else _recipe)(Path(folder), **asked)
    sys.stdout.write(json.dumps(found) + "\n")


def _recipe(
    folder: Path, questions: list[str], documents: list[str], batches: dict[str, list[str]]
) -> dict[str, float]:
    started = time.perf_counter()
    tokenizer = onnx_embeddings._open_tokenizer(folder, 256)
    tokenizer_ms = (time.perf_counter() - started) * 1000
    for question in questions:
        tokenizer.encode(question)  # so that what it keeps is not counted as the model's
    onnx_embeddings._open_tokenizer = lambda *_: tokenizer
    before = _memory()
    started = time.perf_counter()
    model = OnnxEmbeddings(folder)
    load_ms = (time.perf_counter() - started) * 1000 + tokenizer_ms
    loaded = _memory()
    question_ms = statistics.median(_ms(partial(model.embed_query, q)) for q in questions)
    asked = _memory()
    return {
        "load_ms": load_ms,
        "rss_loaded_mib": loaded["rss"] - before["rss"],
        "rss_mib": asked["rss"] - before["rss"],
        "anonymous_mib": asked["anonymous"] - before["anonymous"],
        "question_p50_ms": question_ms,
        **_documents(lambda: model.encode(documents)),
        **{name: _batch_ms(model, batch) for name, batch in batches.items()},
    }


def _plain(folder: Path, questions: list[str], documents: list[str], **_: Any) -> dict[str, float]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
    tokenizer = onnx_embeddings._open_tokenizer(folder, 256)
    tokenizer.enable_padding()

    def embed(texts: list[str]) -> Any:
        encoded = tokenizer.encode_batch(texts)
        ids = np.array([encoding.ids for encoding in encoded], np.int64)
        mask = np.array([encoding.attention_mask for encoding in encoded], np.int64)
        return session.run(None, {"input_ids": ids, "attention_mask": mask})

    for question in questions[:200]:
        embed([question])
    starts = range(0, len(documents), BATCH)
    return _documents(lambda: [embed(documents[start : start + BATCH]) for start in starts])


def _batch_ms(model: OnnxEmbeddings, texts: list[str]) -> float:
    model.encode(texts)
    return statistics.median(_ms(partial(model.encode, texts)) for _ in range(REPEATS[len(texts)]))


def _documents(embed: Callable[[], Any]) -> dict[str, float]:
    """Time, and the highest RSS above what the process had before."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    rest = _memory()["rss"]
    taken_ms = _ms(embed)
    return {"documents_s": taken_ms / 1000, "documents_peak_mib": _peak_mib() - rest}


def _ms(call: Callable[[], Any]) -> float:
    # Time on the processor: what else runs on the machine does not count, and one thread works.
    started = time.process_time()
    call()
    return (time.process_time() - started) * 1000


def _memory() -> dict[str, float]:
    full = psutil.Process().memory_info()
    return {"rss": full.rss / 2**20, "anonymous": (full.rss - full.shared) / 2**20}


def _peak_mib() -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
