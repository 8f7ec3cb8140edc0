"""One embedding runtime in a fresh process of its own environment: what it takes, and its vectors.

`python runtime_child.py KIND MODEL TEXTS.json VECTORS.npy`, where KIND is "sentence-transformers",
"fastembed" or "ours" and TEXTS holds `texts`, `questions` and `batch`. Prints one line of JSON.
Imports nothing of ours but the runtime: other environments do not have it.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
Embed = Callable[[Sequence[str]], Any]


def sentence_transformers(folder: str) -> Embed:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(folder, device="cpu")
    return lambda texts: model.encode(list(texts))


def fastembed(folder: str) -> Embed:
    import numpy as np
    from fastembed import TextEmbedding

    name = "sentence-transformers/all-MiniLM-L6-v2"
    model = TextEmbedding(name, specific_model_path=folder, threads=1)
    return lambda texts: np.stack(list(model.embed(list(texts))))


def ours(folder: str) -> Embed:
    sys.path.insert(0, str(ROOT))
    from vectorstore.onnx_embeddings import OnnxEmbeddings

    model = OnnxEmbeddings(folder)
    return lambda texts: model.encode(list(texts))


KINDS = {"sentence-transformers": sentence_transformers, "fastembed": fastembed, "ours": ours}


def main() -> None:
    kind, folder, texts, vectors = sys.argv[1:]
    given = json.loads(Path(texts).read_text("utf-8"))
    started = time.perf_counter()
    embed = KINDS[kind](folder)
    embed(["Where is my parcel?"])
    load_s = time.perf_counter() - started
    loaded_mib = _status_mib("VmRSS")
    times = [_ms(embed, question) for question in given["questions"]]
    asked_mib = _status_mib("VmHWM")
    started = time.perf_counter()
    embed(given["batch"])
    batch_s = time.perf_counter() - started
    found = {
        "load_s": load_s,
        "rss_mib": loaded_mib,
        "questions_peak_mib": asked_mib,
        "batch_peak_mib": _status_mib("VmHWM"),
        "question_p50_ms": statistics.median(times),
        "batch_s": batch_s,
    }
    _save(embed(given["texts"]), vectors)
    sys.stdout.write(json.dumps(found) + "\n")


def _ms(embed: Embed, text: str) -> float:
    started = time.perf_counter()
    embed([text])
    return (time.perf_counter() - started) * 1000


def _save(vectors: Any, path: str) -> None:
    import numpy as np

    np.save(path, np.asarray(vectors, np.float32))


def _status_mib(name: str) -> float:
    """VmRSS: now; VmHWM: the highest since the start."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/self/status has no {name}")


if __name__ == "__main__":
    main()
