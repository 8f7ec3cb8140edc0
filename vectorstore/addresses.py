"""Opening a store by its address, whatever holds it, and copying one to another.

A folder is its path; a table of PostgreSQL with the vector extension
`postgresql://USER@HOST/DATABASE#TABLE`; a collection of Qdrant `qdrant:FOLDER#COLLECTION` in the
client's local mode, which keeps all vectors in memory and is for small stores and trying out, or
`qdrant+http://HOST:6333#COLLECTION` on a server. Without #NAME it is `chunks`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vectorstore.base import (
    STORE_URLS,
    Document,
    Metric,
    ModelIdentity,
    StoreError,
    StoreInfo,
    Vectors,
    VectorStore,
)
from vectorstore.commandline import Exit
from vectorstore.documents import Documents
from vectorstore.faiss_store import check_model, open_store
from vectorstore.flat import map_flat
from vectorstore.manifest import DOCUMENTS, INDEX, VECTORS, read_manifest
from vectorstore.saved_index import read_saved
from vectorstore.writing import write_batches

BLOCK = 1000
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
Batch = tuple[list[Document], Vectors]
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class About:
    """What a store is written with: its model (a ModelIdentity) and its metric."""

    name: str
    sha256: str
    dim: int
    metric: Metric

    @staticmethod
    def of(info: StoreInfo) -> About:
        return About(info.model_name, info.model_sha256, info.dim, info.metric)


def is_folder(address: str) -> bool:
    """Whether it is a path. Raises StoreError for the URL of what holds no store, unshown: it may
    have a password in it."""
    if "://" in address and not address.startswith(STORE_URLS):
        raise StoreError(
            "an address with :// must begin with postgresql://, qdrant+http:// or qdrant+https://,"
            " and this one does not.",
            Exit.ERROR,
        )
    return not address.startswith((*STORE_URLS, "postgresql:", "postgres:", "qdrant:"))


def open_address(address: str, *, embedder: ModelIdentity | None = None) -> VectorStore:
    """Open the store at `address`; the library for it is imported here. Raises StoreError."""
    if is_folder(address):
        return open_store(Path(address), embedder=embedder)
    store: VectorStore = _remote(address)
    if embedder is not None:
        try:
            check_model(store.info, embedder)
        except StoreError:
            store.close()
            raise
    return store


def _remote(address: str) -> VectorStore:
    where, name = split(address)
    if address.startswith("postgres"):
        from vectorstore.pgvector import PgvectorStore

        return PgvectorStore(where, name)
    from vectorstore.qdrant import QdrantStore

    return QdrantStore(where, name)


def split(address: str) -> tuple[str, str]:
    """Where the store is, and its name there. Raises StoreError for a name that needs quoting."""
    where, _, name = address.partition("#")
    name = name or "chunks"
    if not NAME.fullmatch(name):
        raise StoreError(
            # Not shown: behind a # that is not encoded it is the rest of a password.
            "what follows # is no name for a store: use lower case letters, digits and _, a letter"
            " first.",
            Exit.ERROR,
        )
    return where, name


def copy_store(
    source: str, target: str, *, force: bool = False, progress: Advance = lambda count: None
) -> StoreInfo:
    """Write the store at `source` to `target`, whole or not at all: the same hits, exact search.

    BLOCK documents are held at a time. From PostgreSQL they are those of one moment. Raises StoreError
    for a store in Qdrant that is replaced meanwhile, for a target that is there, unless `force`, and
    for an index that keeps no vectors as they were (sq8, ivf-sq8): what is copied would be another
    store.
    """
    store = open_address(source)
    with closing(store), closing(_batches(source, store)) as found:
        about, batches = About.of(store.info), _counted(found, progress)
        if is_folder(target):
            return write_batches(
                Path(target), batches, model=about, metric=about.metric, force=force
            )
        where, name = split(target)
        if target.startswith("postgres"):
            from vectorstore import pgvector

            pgvector.write(where, name, about, batches, force=force)
        else:
            from vectorstore import qdrant

            qdrant.write(where, name, about, batches, force=force)
    written = open_address(target)
    written.close()
    return written.info


def _batches(address: str, store: VectorStore) -> Generator[Batch, None, None]:
    if not is_folder(address):
        batches: Iterator[Batch] = store.batches(BLOCK)  # type: ignore[attr-defined]
        yield from batches
        return
    folder = Path(address)
    kept = VECTORS if read_manifest(folder).vectors else INDEX
    if read_saved(folder / kept).kind != "flat":
        raise StoreError(
            f"{folder} holds its vectors only as {store.info.kind} codes, and a copy would be"
            " another store. Build it from its sources with --index flat or ivf-rabitq first."
        )
    vectors, _ = map_flat(folder / kept)
    documents = Documents(folder / DOCUMENTS)
    try:
        for start in range(0, len(vectors), BLOCK):
            rows = np.array(vectors[start : start + BLOCK], np.float32)
            yield documents.at(range(start, start + len(rows))), rows
    finally:
        documents.close()


def _counted(batches: Iterator[Batch], progress: Advance) -> Iterator[Batch]:
    done = 0
    for documents, vectors in batches:
        yield documents, vectors
        done += len(documents)
        progress(done)
