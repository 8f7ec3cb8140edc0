"""The index of an opened store, whatever its kind: nearest positions for a question."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vectorstore import faiss_kinds
from vectorstore.base import Metric, StoreError, Vectors
from vectorstore.exact import nearest, score_rows, unit
from vectorstore.flat import FlatHeader, map_flat
from vectorstore.manifest import Search
from vectorstore.read_ahead import ListsAhead
from vectorstore.sq8 import Sq8Vectors, map_sq8

# From here on faiss's search of sq8 is worth its 13 MiB (reports/store.json).
SQ8_BY_FAISS_FROM = 50_000
Found = tuple[NDArray[np.intp], NDArray[np.float64]]


class Searched(Protocol):
    """`nearest` may be called from several threads at once; it gives positions and scores."""

    header: FlatHeader

    def nearest(self, query: Vectors, k: int) -> Found: ...


def open_index(
    path: Path, kind: str, search: Search | None = None, vectors: Path | None = None
) -> Searched:
    """The index in `path` of the kind that its manifest names. Raises StoreError.

    `vectors`: a flat index with the vectors themselves, by which the nearest are compared again.
    """
    if kind == "flat":
        return _Exact(*map_flat(path))
    if kind == "sq8":
        codes, metric = map_sq8(path)
        if len(codes) < SQ8_BY_FAISS_FROM or not faiss_kinds.is_installed():
            return _Exact(codes, metric)
    index = ByFaiss(path, kind)
    if search is None:
        return index
    index.probe(search.probes)
    return Reranked(index, vectors, search.reranked) if vectors and search.reranked else index


class _Exact:
    def __init__(self, vectors: Vectors | Sq8Vectors, metric: Metric) -> None:
        count, dim = vectors.shape
        self.header = FlatHeader(count, dim, metric)
        self._vectors = vectors

    def nearest(self, query: Vectors, k: int) -> Found:
        return nearest(self._vectors, self.header.metric, query, k)


class ByFaiss:
    """An index that faiss searches."""

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
        self.lists = faiss_kinds.lists_of(self._index)
        self._searched: Any = self._index
        if found.startswith("ivf-"):
            self._searched = ListsAhead(self._index)

    def probe(self, lists: int) -> None:
        """Read that many lists for a question from now on."""
        if self.lists:
            faiss_kinds.set_probes(self._index, lists)

    def nearest(self, query: Vectors, k: int) -> Found:
        query = unit(query) if self.header.metric == "ip" else query
        return faiss_kinds.search(self._searched, self.header.metric, query, k)


class Reranked:
    """Another index finds candidates; their vectors, read from the file, decide."""

    def __init__(self, index: ByFaiss, vectors: Path, candidates: int) -> None:
        self.header = index.header
        self._index = index
        # A whole block read ahead for each vector would drive others out of the cache.
        self._vectors, metric = map_flat(vectors, read_ahead=False)
        self._candidates = candidates
        if (*self._vectors.shape, metric) != (
            self.header.count,
            self.header.dim,
            self.header.metric,
        ):
            raise StoreError(f"{vectors} does not hold the vectors of the index beside it.")

    def nearest(self, query: Vectors, k: int) -> Found:
        positions, _ = self._index.nearest(query, max(k, self._candidates))
        positions.sort()
        scores = score_rows(self._vectors, positions, self.header.metric, query)
        order = np.argsort(-scores, kind="stable")[:k]
        return positions[order], scores[order]
