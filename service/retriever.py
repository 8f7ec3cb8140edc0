"""Finds the documents for a question, off the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vectorstore.base import Embedder, Hit, VectorStore


class Retriever:
    """Embeds questions and searches the store in threads of its own.

    Both release the GIL for most of their time, so the event loop goes on. How many may wait is
    bounded by who calls (`Engine`).
    """

    def __init__(
        self, embedder: Embedder, store: VectorStore, *, top_k: int, workers: int = 1
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._top_k = top_k
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="embed")

    async def find(self, question: str) -> list[Hit]:
        """The `top_k` documents nearest to the question, nearest first."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._find, question)

    def _find(self, question: str) -> list[Hit]:
        vector = np.asarray(self._embedder.embed_query(question), dtype=np.float32)
        return self._store.search(vector, self._top_k)

    def close(self) -> None:
        """Wait for the searches that run and end the threads."""
        self._pool.shutdown()
