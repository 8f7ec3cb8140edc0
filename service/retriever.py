"""Finds the documents for a question, off the event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from typing import Protocol, runtime_checkable

import numpy as np

from service.answers import DocumentsUnavailable, Overloaded
from service.embed_queue import Asked, EmbedQueue, Found
from vectorstore.base import (
    Embedder,
    FilesChanged,
    Hit,
    OtherModel,
    Remote,
    StoreError,
    Vectors,
    VectorStore,
)

log = logging.getLogger(__name__)

# With .3 to .4, 14 of 16 follow-ups find their passage; with .25 11, and with more, ever more
# questions that no document answers find one (.35: 4.7 %, .5: 7.7 %).
LEAN = 0.35
# From when a thread is free: a model and a store take milliseconds, a server may take for ever.
FOUND_WITHIN_S = 10
# Short questions are embedded together where more than a crowd waits: with fewer, the slowest of them
# would wait longer than with each alone (bench/batching.py).
TOGETHER, CROWD = 8, 16
# Recipes whose vectors do not depend on the company. "int8" measures a batch's activations as a whole.
ALIKE_IN_COMPANY = ("w8", "fp32")


@runtime_checkable
class Batching(Protocol):
    """An embedder that takes several questions at once, and bounds what they take together."""

    recipe: str

    def embed_queries(self, texts: Sequence[str]) -> Vectors: ...


class Retriever:
    """Embeds questions and searches the store in threads of its own.

    Both release the GIL for most of their time, so the event loop goes on. A thread that is free
    takes what is waiting: one question, or up to `together` where more than `crowd` short ones
    wait. How many may wait is bounded by who calls (`Engine`), and how long by `wait_s` seconds.
    """

    def __init__(
        self,
        embedder: Embedder,
        store: VectorStore,
        *,
        top_k: int,
        workers: int = 1,
        wait_s: float = 10,
        together: int = TOGETHER,
        crowd: int = CROWD,
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._top_k = top_k
        self._wait_s = wait_s
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="embed")
        self._free = workers
        alike = isinstance(embedder, Batching) and embedder.recipe in ALIKE_IN_COMPANY
        self._together = together if alike else 1
        # Of a store that is asked over a network each search may take long: none waits for others'.
        self._queue = EmbedQueue(1 if isinstance(store, Remote) else self._together, crowd)

    @property
    def waiting(self) -> int:
        """Questions that wait for a thread."""
        return len(self._queue)

    async def find(self, question: str, *, leaning_on: str | None = None) -> list[Hit]:
        """The `top_k` documents nearest to the question, nearest first.

        `leaning_on`: an earlier question, whose vector is added with a weight of LEAN. Raises
        Overloaded when no thread is free in time, and DocumentsUnavailable, also for a store that
        does not answer in time.
        """
        return (await self.look(question, leaning_on=leaning_on)).hits

    async def look(self, question: str, *, leaning_on: str | None = None) -> Found:
        """The same, with the vector that was searched for and the time that the search took."""
        asked = Asked([question] if leaning_on is None else [question, leaning_on])
        self._queue.put(asked)
        self._start()
        try:
            await self._until_taken(asked)
            return await _found(asked)
        finally:
            self._queue.leave(asked)
            asked.found.cancel()

    async def _until_taken(self, asked: Asked) -> None:
        try:
            async with asyncio.timeout(self._wait_s):
                await asked.taken
        except TimeoutError as error:
            raise Overloaded from error

    def _start(self) -> None:
        """Give the free threads what waits."""
        loop = asyncio.get_running_loop()
        while self._free and (batch := self._queue.take()):
            self._free -= 1
            self._pool.submit(self._work, batch, loop)

    def _work(self, batch: list[Asked], loop: asyncio.AbstractEventLoop) -> None:
        found: list[Found] = []
        error: Exception = DocumentsUnavailable()
        try:
            found.extend(self._find(batch))
        except (FilesChanged, OtherModel) as changed:
            log.error("store failed: %s", changed)
        except StoreError as failed:  # its text may name a host
            log.warning("store failed: %s", type(failed.__cause__ or failed).__name__)
        except Exception as unexpected:
            error = unexpected
        # Not before: the thread goes on when nobody waits for it any more, and so does what it holds.
        loop.call_soon_threadsafe(self._done, batch, found, error)

    def _find(self, batch: list[Asked]) -> Iterator[Found]:
        vectors = iter(self._embed([text for asked in batch for text in asked.texts]))
        for asked in batch:
            vector, *earlier = [next(vectors) for _ in asked.texts]
            for other in earlier:
                vector = _unit(_unit(vector) + np.float32(LEAN) * _unit(other))
            started = time.perf_counter()
            hits = self._store.search(vector, self._top_k)
            yield Found(hits, vector, time.perf_counter() - started)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        if len(texts) > 1 and self._together > 1 and isinstance(self._embedder, Batching):
            return self._embedder.embed_queries(texts)
        return np.array([self._embedder.embed_query(text) for text in texts], np.float32)

    def _done(self, batch: list[Asked], found: list[Found], error: Exception) -> None:
        """Tell each what was found for it, or else the error."""
        self._free += 1
        self._queue.done(batch)
        for asked, one in zip_longest(batch, found):
            if asked.found.done():  # its client is gone, or waited too long
                continue
            if one is None:
                asked.found.set_exception(error)
            else:
                asked.found.set_result(one)
        self._start()

    def close(self) -> None:
        """End the threads, after what they do; what a server is asked is cut off."""
        if isinstance(self._store, Remote):
            self._store.cut_off()
        self._pool.shutdown()


async def _found(asked: Asked) -> Found:
    try:
        async with asyncio.timeout(FOUND_WITHIN_S):
            return await asked.found
    except TimeoutError as error:
        log.warning("store failed: no answer in time")
        raise DocumentsUnavailable from error


def _unit(vector: Vectors) -> Vectors:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
