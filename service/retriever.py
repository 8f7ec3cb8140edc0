"""Finds the documents for a question, off the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from service.answers import DocumentsUnavailable, Overloaded
from vectorstore.base import Embedder, Hit, Remote, StoreError, Vectors, VectorStore

log = logging.getLogger(__name__)

# With .3 to .4, 14 of 16 follow-ups find their passage; with .25 11, and with more, ever more
# questions that no document answers find one (.35: 4.7 %, .5: 7.7 %).
LEAN = 0.35
# While a text of 256 tokens is embedded, that takes 8 MiB: longer ones than this one at a time.
LONG_BYTES = 256
# From when a thread is free: a model and a store take milliseconds, a server may take for ever.
FOUND_WITHIN_S = 10


class Retriever:
    """Embeds questions and searches the store in threads of its own.

    Both release the GIL for most of their time, so the event loop goes on. How many may wait is
    bounded by who calls (`Engine`), and how long by `wait_s` seconds.
    """

    def __init__(
        self,
        embedder: Embedder,
        store: VectorStore,
        *,
        top_k: int,
        workers: int = 1,
        wait_s: float = 10,
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._top_k = top_k
        self._wait_s = wait_s
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="embed")
        self._any = asyncio.Semaphore(workers)
        self._long = asyncio.Semaphore(1)
        #: Questions that wait for a thread.
        self.waiting = 0

    async def find(self, question: str, *, leaning_on: str | None = None) -> list[Hit]:
        """The `top_k` documents nearest to the question, nearest first.

        `leaning_on`: an earlier question, whose vector is added with a weight of LEAN. Raises
        Overloaded when no thread is free in time, and DocumentsUnavailable, also for a store that
        does not answer in time.
        """
        hits, _ = await self.look(question, leaning_on=leaning_on)
        return hits

    async def look(
        self, question: str, *, leaning_on: str | None = None
    ) -> tuple[list[Hit], Vectors]:
        """The same, with the vector that was searched for."""
        size = max(len(text.encode()) for text in (question, leaning_on or ""))
        permits = (self._any, self._long) if size > LONG_BYTES else (self._any,)
        await self._wait_for(permits[::-1])
        work = self._pool.submit(self._find, question, leaning_on)
        loop = asyncio.get_running_loop()
        # The thread goes on when nobody waits for it any more, and so does what it holds.
        work.add_done_callback(lambda _: loop.call_soon_threadsafe(_release, permits))
        try:
            async with asyncio.timeout(FOUND_WITHIN_S):
                return await asyncio.wrap_future(work)
        except TimeoutError as error:
            log.warning("store failed: no answer in time")
            raise DocumentsUnavailable from error

    async def _wait_for(self, permits: Sequence[asyncio.Semaphore]) -> None:
        """All of them, in this order; none when that takes too long or the client is gone."""
        held: list[asyncio.Semaphore] = []
        self.waiting += 1
        try:
            async with asyncio.timeout(self._wait_s):
                for permit in permits:
                    await permit.acquire()
                    held.append(permit)
        except BaseException as error:
            _release(held)
            if isinstance(error, TimeoutError):
                raise Overloaded from error
            raise
        finally:
            self.waiting -= 1

    def _find(self, question: str, leaning_on: str | None) -> tuple[list[Hit], Vectors]:
        vector = self._embed(question)
        if leaning_on is not None:
            vector = _unit(_unit(vector) + np.float32(LEAN) * _unit(self._embed(leaning_on)))
        try:
            return self._store.search(vector, self._top_k), vector
        except StoreError as error:  # its text may name a host
            log.warning("store failed: %s", type(error.__cause__ or error).__name__)
            raise DocumentsUnavailable from error

    def _embed(self, text: str) -> Vectors:
        return np.asarray(self._embedder.embed_query(text), dtype=np.float32)

    def close(self) -> None:
        """End the threads, after what they do; what a server is asked is cut off."""
        if isinstance(self._store, Remote):
            self._store.cut_off()
        self._pool.shutdown(cancel_futures=True)


def _release(permits: Iterable[asyncio.Semaphore]) -> None:
    for permit in permits:
        permit.release()


def _unit(vector: Vectors) -> Vectors:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
