"""Embeds texts with sentence-transformers itself. Run by a Python that has torch, not by ours:

    FIT512_TORCH_PYTHON tests/migrate/export/torch_vectors.py FOLDER TEXTS.json OUT.npy

TEXTS.json holds {"texts": […], "prompt_name": null}. Prints the versions as JSON. That is how
fixtures/sentence_transformers.npy was made, too, of the texts in fixtures/sentence_transformers.json.
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path


def main() -> None:
    import numpy
    import sentence_transformers
    import torch
    import transformers

    folder, texts, out = sys.argv[1:]
    asked = json.loads(Path(texts).read_text(encoding="utf-8"))
    model = sentence_transformers.SentenceTransformer(folder, device="cpu")
    vectors = model.encode(asked["texts"], prompt_name=asked.get("prompt_name"))
    numpy.save(out, vectors.astype(numpy.float32))
    modules = (sentence_transformers, transformers, torch, numpy)
    versions = {module.__name__: module.__version__ for module in modules}
    sys.stdout.write(json.dumps(versions | {"python": platform.python_version()}) + "\n")


if __name__ == "__main__":
    main()
