"""A store as LangChain's VectorStore, and as LangChain's own FAISS object.

    store = as_langchain(open_store(folder, embedder=embedder), embedder)
    retriever = store.as_retriever(search_kwargs={"k": 4, "filter": {"page": 3}})

LangChain is imported when one of these is called: extra `langchain`, or `pip install
langchain-core`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vectorstore.base import Embedder, StoreError, VectorStore
from vectorstore.checking import verify
from vectorstore.commandline import Exit
from vectorstore.documents import Documents
from vectorstore.faiss_store import check_model
from vectorstore.manifest import read_manifest

if TYPE_CHECKING:
    from vectorstore.langchain_store import LangchainStore


def as_langchain(store: VectorStore, embedder: Embedder) -> LangchainStore:
    """The opened store as a read-only LangChain VectorStore.

    `embedder` embeds the questions; LangChain's Embeddings methods are all it needs beside name,
    sha256 and dim. Raises StoreError for another model's, and where langchain-core is missing.
    """
    check_model(store.info, embedder)
    try:
        from vectorstore.langchain_store import LangchainStore
    except ImportError as error:
        raise _missing("langchain-core", error) from error
    return LangchainStore(store, embedder)


def as_faiss(folder: Path, embedder: Embedder) -> Any:
    """The store folder as langchain_community's FAISS, in memory, to be changed or saved by it.

    `as_faiss(folder, embedder).save_local(other)` writes the folder that `convert` reads: the way
    back to LangChain. Its index.pkl is LangChain's own, written and read by it; nothing here
    unpickles it. Raises StoreError.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    check_model(manifest.info(folder), embedder)
    verify(folder, manifest)
    try:
        import faiss
        from langchain_community.docstore.in_memory import InMemoryDocstore
        from langchain_community.vectorstores import FAISS
        from langchain_community.vectorstores.utils import DistanceStrategy
        from langchain_core.documents import Document
    except ImportError as error:
        raise _missing("langchain-community faiss-cpu", error) from error
    documents = Documents(folder / manifest.documents.file)
    found = [
        Document(id=item.id, page_content=item.text, metadata=item.metadata) for item in documents
    ]
    documents.close()
    strategy = "MAX_INNER_PRODUCT" if manifest.metric == "ip" else "EUCLIDEAN_DISTANCE"
    return FAISS(
        embedding_function=embedder,
        index=faiss.read_index(str(folder / manifest.index.file)),
        docstore=InMemoryDocstore({str(item.id): item for item in found}),
        index_to_docstore_id={at: str(item.id) for at, item in enumerate(found)},
        distance_strategy=DistanceStrategy[strategy],
    )


def _missing(packages: str, error: ImportError) -> StoreError:
    return StoreError(
        f"LangChain is not installed ({error.name}): pip install {packages}.", Exit.ERROR
    )
