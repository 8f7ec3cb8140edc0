"""The service's documents as a LangChain retriever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document as LangchainDocument
from langchain_core.retrievers import BaseRetriever

from service.follow_ups import look_up
from service.langchain_turn import current_turn
from service.sessions import Turn
from vectorstore.base import Document, Hit, Remote, StoreInfo, Vectors, VectorStore


class Noting:
    """A store that notes in the current turn what it has found."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self.info: StoreInfo = store.info

    def search(self, vector: Vectors, k: int, **given: Any) -> list[Hit]:
        hits = self._store.search(vector, k, **given)
        if turn := current_turn():
            turn.note(hits)
        return hits

    def documents(self, ids: Sequence[str]) -> list[Document]:
        return self._store.documents(ids)

    def cut_off(self) -> None:
        if isinstance(self._store, Remote):
            self._store.cut_off()

    def close(self) -> None:
        self._store.close()


class StoreRetriever(BaseRetriever):
    """Finds the `k` documents nearest to a question, in the threads that the lean engine uses.

    `vectorstore` is the same store for other ways to search: `vectorstore.as_retriever(...)`.
    """

    find: Any  # service.follow_ups.Find; pydantic cannot check a protocol
    vectorstore: Any
    k: int

    async def look_up(
        self, question: str, history: Sequence[Turn], min_score: float
    ) -> list[LangchainDocument]:
        """Documents for a question that may lean on the one before, as the lean engine does it."""
        return _noted(await look_up(question, history, self.find, min_score))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[LangchainDocument]:
        return _noted(await self.find(query))

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangchainDocument]:
        found: list[LangchainDocument] = self.vectorstore.similarity_search(query, k=self.k)
        return found


def _noted(hits: Sequence[Hit]) -> list[LangchainDocument]:
    # Here, since the threads that search do not know the turn.
    if turn := current_turn():
        turn.note(hits)
    return [document(hit) for hit in hits]


def document(hit: Hit) -> LangchainDocument:
    """A hit as LangChain's document."""
    found = hit.document
    return LangchainDocument(id=found.id, page_content=found.text, metadata=found.metadata)
