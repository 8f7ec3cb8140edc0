"""LangChain's VectorStore interface over an opened store; made by `vectorstore.langchain`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from langchain_core.documents import Document as LangchainDocument
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore as LangchainVectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from vectorstore.base import Document, Embedder, Hit, StoreError, VectorStore

Scored = list[tuple[LangchainDocument, float]]
Filter = Mapping[str, Any] | None


class LangchainStore(LangchainVectorStore):
    """A store for LangChain chains: read-only, its documents stay on disk.

    `filter` takes metadata values that a document must have; a list stands for any of its items.
    All documents are looked through for it, not just the nearest 20 as with LangChain's FAISS.
    """

    def __init__(self, store: VectorStore, embedder: Embedder) -> None:
        self.store = store
        self._embedder = embedder

    @property
    def embeddings(self) -> Embeddings | None:
        # The retriever's tags name its class; its methods are LangChain's, whatever its class is.
        return self._embedder if isinstance(self._embedder, Embeddings) else None

    def similarity_search(
        self, query: str, k: int = 4, filter: Filter = None, **kwargs: Any
    ) -> list[LangchainDocument]:
        vector = self._embedder.embed_query(query)
        return self.similarity_search_by_vector(vector, k, filter)

    def similarity_search_by_vector(
        self, embedding: Sequence[float], k: int = 4, filter: Filter = None, **kwargs: Any
    ) -> list[LangchainDocument]:
        return [_document(hit.document) for hit in self._search(embedding, k, filter)]

    def get_by_ids(self, ids: Sequence[str], /) -> list[LangchainDocument]:
        """The documents with these ids; those that there are not are left out."""
        return [_document(document) for document in self.store.documents(ids)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Filter = None, **kwargs: Any
    ) -> Scored:
        """With the score that LangChain's FAISS gives for such an index.

        The squared distance, lower is nearer, for L2 (converted stores, mostly); the inner product,
        higher is nearer, for stores that `build` made.
        """
        hits = self._search(self._embedder.embed_query(query), k, filter)
        l2 = self.store.info.metric == "l2"
        return [(_document(hit.document), 2 - 2 * hit.score if l2 else hit.score) for hit in hits]

    def _similarity_search_with_relevance_scores(
        self, query: str, k: int = 4, filter: Filter = None, **kwargs: Any
    ) -> Scored:
        """With the cosine, 0 where it is negative: LangChain wants 0 to 1, higher is nearer."""
        hits = self._search(self._embedder.embed_query(query), k, filter)
        return [(_document(hit.document), min(1.0, max(0.0, hit.score))) for hit in hits]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter = None,
        **kwargs: Any,
    ) -> list[LangchainDocument]:
        """Near, and different from each other. Embeds the `fetch_k` nearest texts again for it."""
        vector = self._embedder.embed_query(query)
        hits = self._search(vector, fetch_k, filter)
        if not hits:
            return []
        rows = self._embedder.embed_documents([hit.document.text for hit in hits])
        query_row = np.asarray(vector, np.float32)
        chosen = maximal_marginal_relevance(query_row, rows, lambda_mult, k)
        return [_document(hits[at].document) for at in chosen]

    def _search(self, vector: Sequence[float], k: int, where: Filter) -> list[Hit]:
        if callable(where):
            raise StoreError(
                "filter is a function; this store takes metadata values: filter={'page': 3}."
            )
        return self.store.search(np.asarray(vector, np.float32), k, where=where)

    def add_texts(self, texts: Iterable[str], *args: Any, **kwargs: Any) -> NoReturn:
        raise _read_only()

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> NoReturn:
        raise _read_only()

    @classmethod
    def from_texts(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise _read_only()


def _read_only() -> StoreError:
    return StoreError(
        "this store is read-only. Build it again with the documents it shall hold (`python -m"
        " vectorstore build … --force`), or change a copy: vectorstore.langchain.as_faiss(folder,"
        " embedder)."
    )


def _document(found: Document) -> LangchainDocument:
    return LangchainDocument(id=found.id, page_content=found.text, metadata=found.metadata)
