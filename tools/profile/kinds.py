"""What a file that an app opens is to it: a model, a store (index and documents), or source."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from tools.limits.units import MIB


class Kind(StrEnum):
    MODEL = "model"
    STORE = "store"
    SOURCE = "source"


_MODEL = re.compile(
    r".*\.(onnx|onnx[._]data|ort|safetensors|gguf|ggml|pt|pth|tflite|h5|keras|mlmodel)"
    r"|(pytorch_)?model.*\.bin|tokenizer\.json|.*\.spm|(sentencepiece.*|spiece)\.model"
)
# The last four and index_metadata.pickle: how Chroma keeps an HNSW index.
_STORE = re.compile(
    r".*\.(faiss|index|idx|annoy|hnsw|usearch|sqlite3?|db|duckdb|lance|parquet|npy|npz)"
    r"|index(_metadata)?\.(pkl|pickle)|(data_level0|header|length|link_lists)\.bin"
)
_SOURCE = re.compile(r".*\.pyc?")
_LARGE = MIB


def kind(file: Path) -> Kind | None:
    """By the name; a large file of the Hugging Face cache, which is named by its hash, is a model."""
    name = file.name.lower()
    for pattern, found in ((_SOURCE, Kind.SOURCE), (_STORE, Kind.STORE), (_MODEL, Kind.MODEL)):
        if pattern.fullmatch(name):
            return found
    return Kind.MODEL if _is_large_blob(file) else None


def _is_large_blob(file: Path) -> bool:
    try:
        return (file.parent.name == "blobs" or file.suffix == ".bin") and (
            file.stat().st_size >= _LARGE
        )
    except OSError:
        return False
