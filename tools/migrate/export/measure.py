"""What one fresh process measures of one model folder: `python -m tools.migrate.export.measure`.

Arguments: the folder, and a JSON file with a list of texts. Prints one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import psutil

from vectorstore.onnx_embeddings import OnnxEmbeddings


def main() -> None:
    folder, texts = map(Path, sys.argv[1:])
    model = OnnxEmbeddings(folder)
    times_ms = [_ms(model, text) for text in json.loads(texts.read_text(encoding="utf-8"))]
    measured = {
        "rss_mib": psutil.Process().memory_info().rss / 2**20,
        "anonymous_mib": _anonymous_mib(),
        "question_ms": statistics.median(times_ms),
    }
    sys.stdout.write(json.dumps(measured) + "\n")


def _ms(model: OnnxEmbeddings, text: str) -> float:
    started = time.perf_counter()
    model.embed_query(text)
    return (time.perf_counter() - started) * 1000


def _anonymous_mib() -> float | None:
    """Memory that no file backs; None where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")), None)


if __name__ == "__main__":
    main()
