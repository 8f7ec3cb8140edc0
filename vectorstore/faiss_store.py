"""Open a store folder and search it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from vectorstore.base import (
    Document,
    Hit,
    ModelIdentity,
    StoreError,
    StoreInfo,
    Vectors,
    VectorStore,
)
from vectorstore.checking import verify
from vectorstore.documents import Documents
from vectorstore.held_files import HeldFiles
from vectorstore.manifest import AGAIN, Manifest, read_manifest
from vectorstore.searching import Searched, open_index


def open_store(
    folder: Path, *, embedder: ModelIdentity | None = None, check_files: bool = True
) -> VectorStore:
    """Open the store in `folder`; its vectors stay in the mapped file.

    Flat indexes, and sq8 up to 50,000 vectors, are searched with numpy; others by faiss, whose
    import takes 13 MiB.

    With `embedder` (anything with name, sha256 and dim) a store of another model or dim is refused
    with both named. `check_files` compares the files with their sha256 in the manifest; of those
    beyond 64 MiB only the length and 64 blocks. Raises StoreError; its message says what to run.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if embedder is not None:
        check_model(manifest.info(folder), embedder)
    if check_files:
        verify(folder, manifest, whole=False)
    return Store(folder, manifest)


def check_model(info: StoreInfo, embedder: ModelIdentity) -> None:
    """Raise StoreError, naming both, unless the store's vectors are those of `embedder`'s model."""
    if info.dim == embedder.dim and info.model_sha256 == embedder.sha256:
        return
    raise StoreError(
        f"the store {info.folder} holds vectors of {info.model_name} (dim {info.dim}, sha256"
        f" {info.model_sha256[:12]}…), the embedder is {embedder.name} (dim {embedder.dim}, sha256"
        f" {embedder.sha256[:12]}…): they cannot be compared. Use the model that the store was"
        " built with, or build the store again with this one."
    )


# Looked at first when documents are chosen by their metadata, then eight times as many, and so on.
FIRST_LOOK = 64
READ_AT_ONCE = 64


class Store:
    """An opened store folder; see `VectorStore`."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.info = manifest.info(folder)
        parts = (manifest.index, manifest.documents, manifest.vectors)
        self._files = HeldFiles([folder / part.file for part in parts if part])
        try:
            self._index: Searched | None = open_index(
                folder / manifest.index.file,
                self.info.kind,
                manifest.index.search,
                folder / manifest.vectors.file if manifest.vectors else None,
            )
            self._documents = Documents(folder / manifest.documents.file)
        except StoreError:
            self._files.close()
            raise
        header = self._index.header
        found = (header.count, header.dim, header.metric, self._documents.count)
        if found != (self.info.count, self.info.dim, self.info.metric, self.info.count):
            self.close()
            raise StoreError(
                f"the files of the store {folder} do not belong together: the index holds"
                f" {found[0]} vectors of dim {found[1]} ({found[2]}), the documents are {found[3]},"
                f" the manifest says {self.info.count}, dim {self.info.dim} ({self.info.metric})."
                f" {AGAIN}"
            )

    def search(
        self, vector: Vectors, k: int, *, where: Mapping[str, Any] | None = None
    ) -> list[Hit]:
        index = self._index
        if index is None:
            raise StoreError(f"the store {self.info.folder} is closed")
        query = np.asarray(vector, np.float32)
        if query.shape != (self.info.dim,):
            raise StoreError(
                f"a vector of shape {query.shape} cannot be searched in the store"
                f" {self.info.folder} of dim {self.info.dim}"
            )
        if k < 1 or not np.isfinite(query).all():
            raise ValueError(f"k is {k} (at least 1) and the vector must hold finite numbers")
        self._files.check()
        if where:
            matching = (hit for hit in self._all(index, query) if matches(hit.document, where))
            return list(islice(matching, k))
        positions, scores = index.nearest(query, k)
        return list(self._hits(positions.tolist(), scores.tolist()))

    def documents(self, ids: Sequence[str]) -> list[Document]:
        if self._index is None:
            raise StoreError(f"the store {self.info.folder} is closed")
        self._files.check()
        return self._documents.named(ids)

    def _all(self, index: Searched, query: Vectors) -> Iterator[Hit]:
        """All documents, nearest first, read from disk as they are asked for."""
        seen: set[int] = set()
        look = FIRST_LOOK
        while len(seen) < self.info.count:
            positions, scores = index.nearest(query, min(look, self.info.count))
            pairs = zip(positions.tolist(), scores.tolist(), strict=True)
            new = [(at, score) for at, score in pairs if at not in seen]
            if not new:
                return
            for start in range(0, len(new), READ_AT_ONCE):
                part = new[start : start + READ_AT_ONCE]
                yield from self._hits([at for at, _ in part], [score for _, score in part])
            seen.update(at for at, _ in new)
            look *= 8

    def _hits(self, positions: list[int], scores: list[float]) -> Iterator[Hit]:
        return map(Hit, self._documents.at(positions), scores)

    def close(self) -> None:
        self._index = None
        self._documents.close()
        self._files.close()


def matches(document: Document, where: Mapping[str, Any]) -> bool:
    """Whether the metadata has these values, or one of them where a list of values is given."""
    return all(_is(document.metadata.get(key, _MISSING), wanted) for key, wanted in where.items())


_MISSING = object()


def _is(value: Any, wanted: Any) -> bool:
    # A list in the metadata is itself found too, as a whole.
    return value == wanted or (
        isinstance(wanted, (list, tuple, set)) and any(value == item for item in wanted)
    )
