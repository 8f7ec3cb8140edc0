"""Build a store from documents: embedded batch by batch, never all in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from vectorstore.base import Document, Embedder, StoreError, StoreInfo, Vectors
from vectorstore.documents import DocumentsWriter
from vectorstore.flat import FlatWriter
from vectorstore.indexing import IndexKind, index_vectors
from vectorstore.manifest import DOCUMENTS, VECTORS
from vectorstore.metadata import excerpt
from vectorstore.tuning import RECALL
from vectorstore.unfinished import checkpoint, kept, resumable_folder
from vectorstore.writing import seal

BATCH_DOCUMENTS = 128
BATCH_CHARACTERS = 1 << 20
UNIT_TOLERANCE = 1e-3
CHECKPOINT_S = 30.0
Advance = Callable[[int], None]


def build_store(
    documents: Iterable[Document],
    embedder: Embedder,
    out: Path,
    *,
    index: IndexKind | None = None,
    recall: float = RECALL,
    force: bool = False,
    progress: Advance = lambda count: None,
    indexing: Advance = lambda count: None,
    checkpoint_s: float = CHECKPOINT_S,
) -> StoreInfo:
    """Embed `documents` and write them as a store with an inner-product index of unit vectors.

    `index`: the kind, or None for the one that suits the size (`vectorstore.indexing`) and finds the
    share `recall` of the ten nearest; what it loses is measured and written into the manifest.
    `progress` is called with the number of documents done, `indexing` with that of vectors indexed.
    Every `checkpoint_s` seconds what is done is kept: after that, the same call goes on where this
    one was ended, from the first document that is another one. Raises StoreError for no documents,
    an id used twice, metadata that JSON cannot hold, and an `out` that exists (see `new_folder`).
    """
    with resumable_folder(out, force=force) as folder:
        done, left = kept(folder, documents, embedder)
        if _embed_all(folder, done, left, embedder, progress, checkpoint_s) == 0:
            raise StoreError("the sources hold no documents: nothing to build.")
        written = index_vectors(folder, index, indexing, recall)
        manifest = seal(folder, embedder, written.loss, written.search)
    return manifest.info(Path(out))


def _embed_all(
    folder: Path,
    done: int,
    documents: Iterator[Document],
    embedder: Embedder,
    progress: Advance,
    checkpoint_s: float,
) -> int:
    """Append the documents behind the `done` ones; gives the number of all."""
    with (
        FlatWriter(folder / VECTORS, dim=embedder.dim, metric="ip", keep=done) as rows,
        DocumentsWriter(folder / DOCUMENTS, keep=done) as writer,
    ):
        saved = time.monotonic()
        for batch in _batches(documents):
            writer.extend(batch)
            rows.append(_embed(batch, embedder))
            progress(writer.count)
            if time.monotonic() - saved >= checkpoint_s:
                rows.flush()
                writer.commit()
                checkpoint(folder, embedder)
                saved = time.monotonic()
        return writer.count


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += len(document.text)
        if len(batch) == BATCH_DOCUMENTS or characters > BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _embed(batch: list[Document], embedder: Embedder) -> Vectors:
    vectors = np.asarray(embedder.embed_documents([item.text for item in batch]), np.float32)
    if vectors.shape != (len(batch), embedder.dim):
        raise StoreError(
            f"{embedder.name} gave vectors of shape {vectors.shape} for {len(batch)} texts, and"
            f" says that its dim is {embedder.dim}. Export the model again."
        )
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    broken = np.flatnonzero(~np.isfinite(norms[:, 0]) | (norms[:, 0] == 0))
    if len(broken):
        raise StoreError(
            f"{embedder.name} gives no usable vector for document {excerpt(batch[broken[0]].id)}"
            " (zeros, or not a number). Export the model again, or leave the document out."
        )
    # A model that normalises keeps its own numbers.
    return vectors if np.allclose(norms, 1, atol=UNIT_TOLERANCE) else vectors / norms
