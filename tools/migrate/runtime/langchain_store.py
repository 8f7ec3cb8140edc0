"""Opens and saves LangChain FAISS stores without pickle.

    db = load_local("vectorstore/", embeddings)   # for FAISS.load_local("vectorstore/", …)
    save_local(db, "vectorstore/")                # for db.save_local("vectorstore/")

A store is a folder: index.faiss, documents.sqlite (texts and metadata, read as they are found)
and manifest.json (which model made the vectors; sha256 of the files). A store of another name
than "index" stands in a folder of that name in it. Unlike index.pkl, none of it can run code.
All stores of a folder in this process read the same open files; what one changes is its own.
Copied into this repository by fit512 (MIT licence); works with LangChain 0.0.300 to 1.x.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss

from .langchain_names import first
from .open_stores import open_store, own_index
from .store_files import (
    DOCUMENTS,
    INDEX,
    MANIFEST,
    StoreError,
    check_model,
    read_manifest,
    write_manifest,
)
from .stored_documents import Rows, StoredDocuments, StoredIds, write_documents

__all__ = ["StoreError", "StoreFAISS", "load_local", "save_local"]

_FAISS: Any = first("langchain_community.vectorstores:FAISS", "langchain.vectorstores:FAISS")
_InMemoryDocstore: Any = first(
    "langchain_community.docstore.in_memory:InMemoryDocstore",
    "langchain.docstore.in_memory:InMemoryDocstore",
)


def load_local(
    folder_path: str | os.PathLike[str],
    embeddings: Any,
    index_name: str = "index",
    *,
    allow_dangerous_deserialization: bool = False,
    io_flags: int = 0,
    **kwargs: Any,
) -> StoreFAISS:
    """Open a store folder as LangChain's FAISS; keywords as for FAISS.load_local.

    `allow_dangerous_deserialization` and `io_flags` change nothing: no pickle is read, and a
    large index is mapped anyway. Raises StoreError when there is no store, when its files are not
    those that were written, or when another model made the vectors.
    """
    folder = _folder(folder_path, index_name)
    manifest = read_manifest(folder, Path(folder_path) / f"{index_name}.pkl")
    check_model(folder, manifest, embeddings)
    hold = open_store(folder, manifest)
    index, rows = hold.opened.index, hold.opened.rows
    ids, documents = StoredIds(rows), StoredDocuments(rows)
    if not index.ntotal == len(ids) == manifest["count"]:
        raise StoreError(
            f"the files of the store {folder} do not belong together: {index.ntotal} vectors,"
            f" {len(ids)} documents, {manifest['count']} in {MANIFEST}."
        )
    db = StoreFAISS(embeddings, index, _StoredDocstore(documents), ids, **kwargs)
    db.hold = hold
    return db


def save_local(db: Any, folder_path: str | os.PathLike[str], index_name: str = "index") -> None:
    """Write a LangChain FAISS object as a store folder, over the one that is there.

    Everything is written beside it first: a failure on the way leaves the old store as it was.
    Raises StoreError when this kind of index, or some document, cannot be stored.
    """
    folder = _folder(folder_path, index_name)
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".saving-", dir=folder))
    try:
        _write(db, beside)
        reads = _let_go(db, folder / DOCUMENTS)
        for name in (DOCUMENTS, INDEX, MANIFEST):
            os.replace(beside / name, folder / name)
        if reads:
            _read_again(db, folder / DOCUMENTS)
        # What a pickle of that name described has just been replaced.
        (Path(folder_path) / f"{index_name}.pkl").unlink(missing_ok=True)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


class StoreFAISS(_FAISS):  # type: ignore[misc]
    """LangChain's FAISS whose documents stay on disk and which saves itself without pickle."""

    def save_local(self, folder_path: str, index_name: str = "index") -> None:
        save_local(self, folder_path, index_name)

    hold: Any = None

    def add_texts(self, *args: Any, **kwargs: Any) -> Any:
        own_index(self)
        return super().add_texts(*args, **kwargs)

    async def aadd_texts(self, *args: Any, **kwargs: Any) -> Any:
        own_index(self)
        return await super().aadd_texts(*args, **kwargs)

    def add_embeddings(self, *args: Any, **kwargs: Any) -> Any:
        own_index(self)
        return super().add_embeddings(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        own_index(self)
        return super().delete(*args, **kwargs)


def _merge_from(self: Any, target: Any, merge: Any = _FAISS.merge_from) -> None:
    own_index(self)
    own_index(target)
    merge(self, target)


# Of every FAISS, not of ours alone: faiss empties the index that goes into another.
_FAISS.merge_from = _merge_from


class _StoredDocstore(_InMemoryDocstore):  # type: ignore[misc]
    """InMemoryDocstore over documents that stay on disk."""

    def add(self, texts: dict[str, Any]) -> None:
        overlapping = {id_ for id_ in texts if id_ in self._dict}
        if overlapping:
            raise ValueError(f"Tried to add ids that already exist: {overlapping}")
        self._dict.update(texts)

    def __reduce__(self) -> Any:
        return _InMemoryDocstore, (dict(self._dict),)


def _folder(folder_path: str | os.PathLike[str], index_name: str) -> Path:
    return Path(folder_path) if index_name == "index" else Path(folder_path) / index_name


def _write(db: Any, folder: Path) -> None:
    index = db.index
    metric = {faiss.METRIC_L2: "l2", faiss.METRIC_INNER_PRODUCT: "ip"}.get(index.metric_type)
    ids = [id_ for _, id_ in sorted(db.index_to_docstore_id.items())]
    if metric is None or index.ntotal != len(ids):
        raise StoreError(
            f"this {type(index).__name__} cannot be saved: metric {index.metric_type},"
            f" {index.ntotal} vectors, {len(ids)} documents"
        )
    faiss.write_index(index, str(folder / INDEX))
    try:
        write_documents(folder / DOCUMENTS, _documents(db, ids))
    except ValueError as error:
        raise StoreError(f"the store cannot be saved: {error}") from error
    kind = "flat" if isinstance(index, faiss.IndexFlat) else type(index).__name__.lower()
    write_manifest(
        folder,
        dim=index.d,
        metric=metric,
        count=len(ids),
        kind=kind,
        embeddings=db.embedding_function,
    )


def _documents(db: Any, ids: list[str]) -> Iterator[tuple[str, Any]]:
    for id_ in ids:
        document = db.docstore.search(id_)
        if isinstance(document, str):  # what docstores answer instead of raising
            raise ValueError(f"there is a vector without a document: {document}")
        yield id_, document


def _let_go(db: Any, path: Path) -> bool:
    """Whether `db` reads from the file that is about to be replaced; on Windows it is closed."""
    rows = getattr(getattr(db.docstore, "_dict", None), "rows", None)
    if rows is None or rows.path != path.resolve():
        return False
    if sys.platform == "win32":
        rows.close()
    return True


def _read_again(db: Any, path: Path) -> None:
    """Have `db` read the file that it was saved to: what it had changed in memory is in there."""
    rows = Rows(path)
    db.index_to_docstore_id, db.docstore = StoredIds(rows), _StoredDocstore(StoredDocuments(rows))
