"""Opens and saves LangChain FAISS stores without pickle.

    db = load_local("vectorstore/", embeddings)   # for FAISS.load_local("vectorstore/", …)
    save_local(db, "vectorstore/")                # for db.save_local("vectorstore/")

A store is a folder: index.faiss, documents.sqlite (texts and metadata, read as they are found)
and manifest.json (which model made the vectors; sha256 of the files). A store of another name
than "index" stands in a folder of that name in it. Unlike index.pkl, none of it can run code.
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
from .store_files import (
    DOCUMENTS,
    INDEX,
    MANIFEST,
    StoreError,
    check_files,
    check_model,
    read_manifest,
    write_manifest,
)
from .stored_documents import Rows, StoredDocuments, StoredIds, write_documents

__all__ = ["StoreError", "StoreFAISS", "load_local", "save_local"]

MAPPED_FROM = 64 * 1024 * 1024
"""Bytes from which an index stays in its file, where the kernel can take its pages back."""

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
    check_files(folder, manifest)
    index = _read_index(folder / manifest["index"]["file"])
    rows = Rows(folder / manifest["documents"]["file"])
    ids, documents = StoredIds(rows), StoredDocuments(rows)
    if not index.ntotal == len(ids) == manifest["count"]:
        raise StoreError(
            f"the files of the store {folder} do not belong together: {index.ntotal} vectors,"
            f" {len(ids)} documents, {manifest['count']} in {MANIFEST}."
        )
    return StoreFAISS(embeddings, index, _StoredDocstore(documents), ids, **kwargs)


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
        _let_go(db, folder / DOCUMENTS)
        for name in (DOCUMENTS, INDEX, MANIFEST):
            os.replace(beside / name, folder / name)
        # What a pickle of that name described has just been replaced.
        (Path(folder_path) / f"{index_name}.pkl").unlink(missing_ok=True)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


class StoreFAISS(_FAISS):  # type: ignore[misc]
    """LangChain's FAISS whose documents stay on disk and which saves itself without pickle."""

    def save_local(self, folder_path: str, index_name: str = "index") -> None:
        save_local(self, folder_path, index_name)

    # Changing a mapped index would make faiss end the process.
    def add_texts(self, *args: Any, **kwargs: Any) -> Any:
        _unmap(self)
        return super().add_texts(*args, **kwargs)

    async def aadd_texts(self, *args: Any, **kwargs: Any) -> Any:
        _unmap(self)
        return await super().aadd_texts(*args, **kwargs)

    def add_embeddings(self, *args: Any, **kwargs: Any) -> Any:
        _unmap(self)
        return super().add_embeddings(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        _unmap(self)
        return super().delete(*args, **kwargs)

    def merge_from(self, target: Any) -> None:
        _unmap(self)
        _unmap(target)
        super().merge_from(target)


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


def _read_index(path: Path) -> Any:
    flag = getattr(faiss, "IO_FLAG_MMAP_IFC", 0)
    # Windows would not let a file be replaced that is mapped.
    if not flag or path.stat().st_size < MAPPED_FROM or sys.platform == "win32":
        return faiss.read_index(str(path))
    index: Any = faiss.read_index(str(path), flag)
    for change in ("add", "add_with_ids", "merge_from", "remove_ids", "reset"):
        setattr(index, change, _refuse_change)
    return index


def _refuse_change(*args: Any, **kwargs: Any) -> None:
    raise StoreError("this index is mapped from its file: change it by the store's own methods")


def _unmap(db: Any) -> None:
    if getattr(db.index, "add", None) is _refuse_change:
        db.index = faiss.deserialize_index(faiss.serialize_index(db.index))


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


def _let_go(db: Any, path: Path) -> None:
    """Close the file that is about to be replaced where `db` reads from it."""
    for held in (getattr(db.docstore, "_dict", None), db.index_to_docstore_id):
        rows = getattr(held, "rows", None)
        if rows is not None and rows.path == path.resolve():
            rows.close()
