"""What one fresh process takes with a model folder: `python -m tools.migrate.export.measure_child`.

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
        "peak_mib": _status_mib("VmHWM") or psutil.Process().memory_info().rss / 2**20,
        "anonymous_mib": _status_mib("RssAnon"),
        "question_ms": statistics.median(times_ms),
    }
    sys.stdout.write(json.dumps(measured) + "\n")


def _ms(model: OnnxEmbeddings, text: str) -> float:
    started = time.process_time()
    model.embed_query(text)
    return (time.process_time() - started) * 1000


def _status_mib(name: str) -> float | None:
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), None)


if __name__ == "__main__":
    main()
