"""The index of an opened store, whatever its kind: nearest positions for a question."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vectorstore import faiss_kinds
from vectorstore.base import Metric, StoreError, Vectors
from vectorstore.exact import nearest, unit
from vectorstore.flat import FlatHeader, map_flat
from vectorstore.sq8 import Sq8Vectors, map_sq8

# From here on faiss's search of sq8 is worth its 13 MiB (reports/store.json).
SQ8_BY_FAISS_FROM = 50_000
Found = tuple[NDArray[np.intp], NDArray[np.float64]]


class Searched(Protocol):
    """`nearest` may be called from several threads at once; it gives positions and scores."""

    header: FlatHeader

    def nearest(self, query: Vectors, k: int) -> Found: ...


def open_index(path: Path, kind: str) -> Searched:
    """The index in `path` of the kind that its manifest names. Raises StoreError."""
    if kind == "flat":
        return _Exact(*map_flat(path))
    if kind == "sq8":
        vectors, metric = map_sq8(path)
        if len(vectors) < SQ8_BY_FAISS_FROM or not faiss_kinds.is_installed():
            return _Exact(vectors, metric)
    return _ByFaiss(path, kind)


class _Exact:
    def __init__(self, vectors: Vectors | Sq8Vectors, metric: Metric) -> None:
        count, dim = vectors.shape
        self.header = FlatHeader(count, dim, metric)
        self._vectors = vectors

    def nearest(self, query: Vectors, k: int) -> Found:
        return nearest(self._vectors, self.header.metric, query, k)


class _ByFaiss:
    def __init__(self, path: Path, kind: str) -> None:
        self._index: Any = faiss_kinds.open_faiss(path)
        name = type(self._index).__name__
        if name in faiss_kinds.ID_MAPS:
            raise StoreError(
                f"{path} is an {name}, whose ids are no positions of documents. Convert it from the"
                " LangChain folder that it came from, or build the store again."
            )
        found = faiss_kinds.kind_of(path, self._index)
        if kind not in (found, name.lower()):
            raise StoreError(f"{path} is of kind {found!r}, its manifest says {kind!r}.")
        metric = faiss_kinds.metric_of(path, self._index)
        self.header = FlatHeader(self._index.ntotal, self._index.d, metric)

    def nearest(self, query: Vectors, k: int) -> Found:
        query = unit(query) if self.header.metric == "ip" else query
        return faiss_kinds.search(self._index, self.header.metric, query, k)
