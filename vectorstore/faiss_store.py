"""Open a store folder and search it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vectorstore.base import Hit, ModelIdentity, StoreError, StoreInfo, Vectors, VectorStore
from vectorstore.documents import Documents
from vectorstore.exact import nearest
from vectorstore.flat import map_flat
from vectorstore.manifest import AGAIN, Manifest, read_manifest, verify


def open_store(
    folder: Path, *, embedder: ModelIdentity | None = None, check_files: bool = True
) -> VectorStore:
    """Open the store in `folder`; its vectors stay in the mapped file.

    With `embedder` (anything with name, sha256 and dim) a store of another model or dim is refused
    with both named. `check_files` compares the sha256 of the files with the manifest, about half a
    second per GB. Raises StoreError; its message says what to run.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if embedder is not None:
        check_model(manifest.info(folder), embedder)
    if manifest.index.kind != "flat":
        raise StoreError(
            f"the store {folder} has an index of kind {manifest.index.kind!r}; this version reads"
            f" flat ones. {AGAIN}"
        )
    if check_files:
        verify(folder, manifest)
    return FlatStore(folder, manifest)


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


class FlatStore:
    """A store with a flat index, searched exactly; see `VectorStore`."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.info = manifest.info(folder)
        self._vectors, metric = map_flat(folder / manifest.index.file)
        self._documents = Documents(folder / manifest.documents.file)
        self._closed = False
        found = (*self._vectors.shape, metric, self._documents.count)
        if found != (self.info.count, self.info.dim, self.info.metric, self.info.count):
            self.close()
            raise StoreError(
                f"the files of the store {folder} do not belong together: the index holds"
                f" {found[0]} vectors of dim {found[1]} ({metric}), the documents are {found[3]},"
                f" the manifest says {self.info.count}, dim {self.info.dim} ({self.info.metric})."
                f" {AGAIN}"
            )

    def search(self, vector: Vectors, k: int) -> list[Hit]:
        if self._closed:
            raise StoreError(f"the store {self.info.folder} is closed")
        query = np.asarray(vector, np.float32)
        if query.shape != (self.info.dim,):
            raise StoreError(
                f"a vector of shape {query.shape} cannot be searched in the store"
                f" {self.info.folder} of dim {self.info.dim}"
            )
        if k < 1 or not np.isfinite(query).all():
            raise ValueError(f"k is {k} (at least 1) and the vector must hold finite numbers")
        positions, scores = nearest(self._vectors, self.info.metric, query, k)
        documents = self._documents.at([int(position) for position in positions])
        return [
            Hit(document, float(score)) for document, score in zip(documents, scores, strict=True)
        ]

    def close(self) -> None:
        self._closed = True
        self._vectors = np.empty((0, self.info.dim), np.float32)
        self._documents.close()
