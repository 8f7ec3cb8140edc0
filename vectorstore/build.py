"""Build a store from documents: embedded batch by batch, never all in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from vectorstore.base import Document, Embedder, StoreError, StoreInfo, Vectors
from vectorstore.documents import DocumentsWriter
from vectorstore.flat import FlatWriter
from vectorstore.manifest import DOCUMENTS, INDEX
from vectorstore.metadata import excerpt
from vectorstore.quantization import quantize_file
from vectorstore.writing import new_folder, seal

BATCH_DOCUMENTS = 128
BATCH_CHARACTERS = 1 << 20
UNIT_TOLERANCE = 1e-3
IndexKind = Literal["flat", "sq8"]
INDEX_KINDS: tuple[IndexKind, ...] = get_args(IndexKind)


def build_store(
    documents: Iterable[Document],
    embedder: Embedder,
    out: Path,
    *,
    index: IndexKind = "flat",
    force: bool = False,
    progress: Callable[[int], None] = lambda count: None,
) -> StoreInfo:
    """Embed `documents` and write them as a store with an inner-product index of unit vectors.

    `index`: "flat" keeps the vectors as they are, "sq8" one byte a number, a quarter of the size,
    with the loss measured and written into the manifest. `progress` is called with the number of
    documents done. Raises StoreError for no documents, an id used twice, metadata that JSON cannot
    hold, and an `out` that exists (see `new_folder`).
    """
    with new_folder(out, force=force) as folder:
        with (
            FlatWriter(folder / INDEX, dim=embedder.dim, metric="ip") as rows,
            DocumentsWriter(folder / DOCUMENTS) as writer,
        ):
            for batch in _batches(documents):
                writer.extend(batch)
                rows.append(_embed(batch, embedder))
                progress(writer.count)
        if not writer.count:
            raise StoreError("the sources hold no documents: nothing to build.")
        loss = quantize_file(folder / INDEX) if index == "sq8" else None
        manifest = seal(folder, embedder, loss)
    return manifest.info(Path(out))


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
