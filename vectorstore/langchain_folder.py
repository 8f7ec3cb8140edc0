"""A folder that LangChain's `FAISS.save_local` wrote: read, and checked against itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vectorstore.base import Document, Metric, StoreError
from vectorstore.commandline import Exit
from vectorstore.metadata import class_name, excerpt, metadata_json
from vectorstore.pickle_reader import Instance, read_pickle
from vectorstore.saved_index import SavedIndex, read_saved

DOCSTORES = frozenset(
    {
        "langchain.docstore.in_memory.InMemoryDocstore",
        "langchain_classic.docstore.in_memory.InMemoryDocstore",
        "langchain_community.docstore.in_memory.InMemoryDocstore",
    }
)
DOCUMENTS = frozenset(
    {
        "langchain.docstore.document.Document",
        "langchain.schema.Document",
        "langchain.schema.document.Document",
        "langchain_core.documents.Document",
        "langchain_core.documents.base.Document",
    }
)


@dataclass(frozen=True, slots=True)
class LangchainFolder:
    """A checked LangChain store: one document for every vector.

    `index` is the path of the faiss file, `vectors` what is in it, `kind` the kind of index
    ("flat"), `ids` the document ids in the order of the vectors.
    """

    index: Path
    vectors: SavedIndex = field(repr=False)
    ids: list[str] = field(repr=False)
    _docstore: dict[str, Any] = field(repr=False)

    @property
    def kind(self) -> str:
        return self.vectors.kind

    @property
    def dim(self) -> int:
        return self.vectors.header.dim

    @property
    def count(self) -> int:
        return self.vectors.header.count

    @property
    def metric(self) -> Metric:
        return self.vectors.header.metric

    def documents(self) -> Iterator[Document]:
        """The documents in the order of their vectors."""
        for name in self.ids:
            yield _document(self.index.with_suffix(".pkl"), name, self._docstore[name])


def check_langchain_folder(folder: Path, index_name: str = "index") -> LangchainFolder:
    """Read `<index_name>.faiss` and `.pkl` and check them; needs no model, executes nothing.

    Raises StoreError naming what is wrong: an index of an unknown kind, a file cut short, a pickle
    that names anything but documents, ids or documents missing, metadata that JSON cannot hold.
    """
    index = Path(folder) / f"{index_name}.faiss"
    pickle = index.with_suffix(".pkl")
    for path in (index, pickle):
        if not path.is_file():
            raise StoreError(
                f"{folder} is no LangChain FAISS folder: it has no {path.name}. Name the folder"
                " that save_local wrote (and --index-name, if it was given one).",
                Exit.ERROR,
            )
    saved = read_saved(index)
    docstore, ids = _contents(pickle, read_pickle(pickle, DOCSTORES | DOCUMENTS))
    _check_count(index, saved.header.count, len(ids))  # before there is memory for each vector
    # LangChain looks up what a search of the index gives: rows, or the ids of an id map.
    found = saved.ids.tolist()
    _check_ids(index, found, ids)
    _check_documents(pickle, docstore, ids)
    return LangchainFolder(index, saved, [ids[name] for name in found], docstore)


def _contents(path: Path, value: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """The docstore's dict and index_to_docstore_id, from what the pickle holds."""
    match value:
        case (Instance(stands_for=kind, state={"_dict": dict(docstore)}), dict(ids)) if (
            kind in DOCSTORES
        ):
            return docstore, ids
    raise StoreError(
        f"{path} holds {_describe(value)}, not LangChain's (docstore, index_to_docstore_id). Only"
        " what FAISS.save_local wrote can be converted."
    )


def _describe(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(class_name(item) for item in value[:4])})"
    return f"a {class_name(value)}"


def _check_count(path: Path, vectors: int, ids: int) -> None:
    if vectors != ids:
        raise StoreError(
            f"{path} holds {vectors:,} vectors, {path.with_suffix('.pkl').name} lists {ids:,}: the"
            " two files do not belong together."
        )


def _check_ids(path: Path, found: list[int], ids: dict[Any, Any]) -> None:
    _check_count(path, len(found), len(ids))
    missing = next((name for name in found if name not in ids), None)
    if missing is not None:
        raise StoreError(f"{path.with_suffix('.pkl')} names no document for vector {missing}.")


def _check_documents(path: Path, docstore: dict[Any, Any], ids: dict[Any, Any]) -> None:
    seen: dict[str, int] = {}
    for position, name in ids.items():
        if not isinstance(name, str):
            raise StoreError(
                f"{path}: the id of vector {position} is a {class_name(name)}, not text."
            )
        if name in seen:
            raise StoreError(
                f"{path}: vectors {seen[name]} and {position} share the id {excerpt(name)}."
            )
        if name not in docstore:
            raise StoreError(
                f"{path} has no document with the id {excerpt(name)} (vector {position})."
            )
        seen[name] = position
        metadata_json(_document(path, name, docstore[name]))
    if len(docstore) != len(ids):
        raise StoreError(
            f"{path} holds {len(docstore):,} documents for {len(ids):,} vectors: some were never"
            " embedded, or their vectors are lost."
        )


def _document(path: Path, name: str, value: Any) -> Document:
    """The document of a stand-in, from a state as pydantic 1 and 2 write it, or a plain one."""
    match value:
        case Instance(stands_for=kind, state=dict(state)) if kind in DOCUMENTS:
            fields = state.get("__dict__", state)
        case _:
            raise StoreError(f"{path}: document {excerpt(name)} is a {class_name(value)}.")
    match fields:
        case {"page_content": str(text), "metadata": dict(metadata)}:
            return Document(id=name, text=text, metadata=metadata)
    raise StoreError(f"{path}: document {excerpt(name)} has no text, or no metadata.")
