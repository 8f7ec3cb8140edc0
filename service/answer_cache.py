"""Whole answers kept for questions that are asked again, bounded in bytes and in age."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import orjson

from service.being_made import BeingMade
from service.packed_answers import Answer, pack, unpack
from service.similar import Asked, SimilarQuestions
from service.wording import normalized

# An entry beside its packed answer: key, place in the OrderedDict, objects (see memory_sessions.py).
ENTRY_BYTES = 300


@dataclass(frozen=True, slots=True)
class CacheUsage:
    """How much is kept, and how often it was of use."""

    count: int
    bytes: int
    hits: int
    misses: int
    similar: int


@dataclass(frozen=True, slots=True)
class _Entry:
    made: float
    packed: bytes
    asked: Asked | None

    @property
    def size(self) -> int:
        return len(self.packed) + ENTRY_BYTES + (self.asked.size if self.asked else 0)


class AnswerCache:
    """Answers by key, the one unused for longest dropped first; `max_bytes` 0 keeps none.

    For use on one event loop. `scope`: whatever all answers depend on (store, model, engine).
    `similarity`: the least one of two questions that share an answer; None for only the same.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        ttl_s: float,
        scope: Iterable[str],
        similarity: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._clock = clock
        self._scope = list(scope)
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()  # the least recently used first
        #: Where nothing is kept, nothing is shared either.
        self.being_made = BeingMade(shared=max_bytes > 0)
        self._bytes = 0
        self._hits = 0
        self._misses = 0
        self._similar_hits = 0
        self._similar = SimilarQuestions(similarity) if similarity and max_bytes else None

    def key(self, question: str, history: Sequence[str]) -> bytes:
        """The key of a question after the texts of the conversation that its answer depends on."""
        parts = [*self._scope, *history, normalized(question)]
        return hashlib.sha256(orjson.dumps(parts)).digest()

    def get(self, key: bytes) -> Answer | None:
        """The answer, when it is there and young enough. Counts the hit."""
        if not self._max_bytes:
            return None
        entry = self._young(key)
        if entry is None:
            return None
        self._hits += 1
        self._entries.move_to_end(key)
        return unpack(entry.packed)

    def shared(self) -> None:
        """Count a hit: the answer was made, or is being made, for somebody else."""
        self._hits += 1

    def missed(self) -> None:
        """Count a miss: the answer has to be made."""
        self._misses += self._max_bytes > 0

    def asked(self, question: str) -> Asked | None:
        """To be found as similar to others, or they to it; None where only the same are."""
        return Asked.of(question) if self._similar else None

    def similar(self, asked: Asked) -> Answer | None:
        """The answer to a question that is similar enough. Counts it."""
        key = self._similar.find(asked) if self._similar else None
        entry = self._young(key) if key else None
        if key is None or entry is None:
            return None
        self._similar_hits += 1
        self._entries.move_to_end(key)
        return unpack(entry.packed)

    def _young(self, key: bytes) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None and entry.made <= self._clock() - self._ttl_s:
            self._remove(key)
            return None
        return entry

    def put(self, key: bytes, answer: Answer, asked: Asked | None = None) -> None:
        """Keep a whole answer, for as long as there is room. `asked`: its question, see `asked`."""
        if not self._max_bytes:
            return
        self._remove(key)
        entry = _Entry(self._clock(), pack(answer), asked)
        self._entries[key] = entry
        self._bytes += entry.size
        if self._similar and asked:
            self._similar.add(key, asked)
        while self._bytes > self._max_bytes:
            self._remove(next(iter(self._entries)))

    async def find(self, key: bytes) -> Answer | None:
        """As `get`; a cache that is shared also looks where it is shared."""
        return self.get(key)

    async def keep(self, key: bytes, answer: Answer, asked: Asked | None = None) -> None:
        """As `put`; a cache that is shared also puts it where it is shared."""
        self.put(key, answer, asked)

    def clear(self) -> None:
        """Forget all answers."""
        self._entries = OrderedDict()  # a new one: the old one's table keeps its size
        self._bytes = 0
        if self._similar:
            self._similar.clear()

    def usage(self) -> CacheUsage:
        """What the cache takes now, in bytes as they are counted against the bound."""
        count = len(self._entries)
        return CacheUsage(count, self._bytes, self._hits, self._misses, self._similar_hits)

    def _remove(self, key: bytes) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry.size
            if self._similar and entry.asked:
                self._similar.discard(key, entry.asked)
