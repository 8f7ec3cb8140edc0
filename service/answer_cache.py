"""Whole answers kept for questions that are asked again, bounded in bytes and in age."""

from __future__ import annotations

import asyncio
import hashlib
import time
import unicodedata
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from vectorstore.base import Document, Hit

# An entry beside its packed answer: key, place in the OrderedDict, objects (see sessions.py).
ENTRY_BYTES = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer and the documents it rests on."""

    text: str
    hits: list[Hit]


@dataclass(frozen=True, slots=True)
class CacheUsage:
    """How much is kept, and how often it was of use."""

    count: int
    bytes: int
    hits: int
    misses: int


@dataclass(frozen=True, slots=True)
class _Entry:
    made: float
    packed: bytes


class AnswerCache:
    """Answers by key, the one unused for longest dropped first; `max_bytes` 0 keeps none.

    For use on one event loop. `scope`: whatever all answers depend on (store, model, engine).
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        ttl_s: float,
        scope: Iterable[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._clock = clock
        self._scope = list(scope)
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()  # the least recently used first
        self._running: dict[bytes, asyncio.Event] = {}
        self._bytes = 0
        self._hits = 0
        self._misses = 0

    def key(self, question: str, history: Sequence[str]) -> bytes:
        """The key of a question after the texts of the conversation that its answer depends on."""
        parts = [*self._scope, *history, normalized(question)]
        return hashlib.sha256(orjson.dumps(parts)).digest()

    def get(self, key: bytes, *, again: bool = False) -> Answer | None:
        """The answer, when it is there and young enough. Counts the hit or miss.

        `again`: after a miss, which is counted once.
        """
        if not self._max_bytes:
            return None
        entry = self._entries.get(key)
        if entry is not None and entry.made <= self._clock() - self._ttl_s:
            self._remove(key)
            entry = None
        if entry is None:
            self._misses += not again
            return None
        self._misses -= again
        self._hits += 1
        self._entries.move_to_end(key)
        return unpack(entry.packed)

    def put(self, key: bytes, answer: Answer) -> None:
        """Keep a whole answer, for as long as there is room."""
        if not self._max_bytes:
            return
        self._remove(key)
        packed = pack(answer)
        self._entries[key] = _Entry(self._clock(), packed)
        self._bytes += len(packed) + ENTRY_BYTES
        while self._bytes > self._max_bytes:
            self._remove(next(iter(self._entries)))

    async def find(self, key: bytes) -> Answer | None:
        """As `get`; a cache that is shared also looks where it is shared."""
        return self.get(key)

    async def keep(self, key: bytes, answer: Answer) -> None:
        """As `put`; a cache that is shared also puts it where it is shared."""
        self.put(key, answer)

    @contextmanager
    def answering(self, key: bytes) -> Iterator[None]:
        """While an answer is made: those who ask the same wait for it with `wait`."""
        mine = self._running.setdefault(key, done := asyncio.Event()) is done
        try:
            yield
        finally:
            if mine:
                del self._running[key]
                done.set()

    async def wait(self, key: bytes) -> None:
        """Until nobody makes this answer any more; it is there then, unless it failed."""
        if self._max_bytes and key in self._running:
            await self._running[key].wait()

    def clear(self) -> None:
        """Forget all answers."""
        self._entries = OrderedDict()  # a new one: the old one's table keeps its size
        self._bytes = 0

    def usage(self) -> CacheUsage:
        """What the cache takes now, in bytes as they are counted against the bound."""
        return CacheUsage(len(self._entries), self._bytes, self._hits, self._misses)

    def _remove(self, key: bytes) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= len(entry.packed) + ENTRY_BYTES


def normalized(question: str) -> str:
    """Equal for questions that differ in nothing but white space and composed characters.

    Case and punctuation stay: "us" is not "US", and an answer may depend on either.
    """
    return " ".join(unicodedata.normalize("NFC", question).split())


def pack(answer: Answer) -> bytes:
    """An answer as it is kept."""
    hits = [[h.document.id, h.document.text, h.document.metadata, h.score] for h in answer.hits]
    return zlib.compress(orjson.dumps([answer.text, hits]), 1)


def unpack(packed: bytes, most_bytes: int = 0) -> Answer:
    """The answer that was packed. Raises ValueError for anything else.

    `most_bytes`: of what it unpacks to, since a few bytes may unpack to very many; 0 for any.
    """
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(packed, most_bytes)
        if not unpacker.eof:
            raise ValueError("half an answer, or too large a one")
        text, found = orjson.loads(unpacked)
        return _checked(text, [Hit(Document(*document), score) for *document, score in found])
    except (zlib.error, TypeError) as error:
        raise ValueError("no answer") from error


def _checked(text: object, hits: list[Hit]) -> Answer:
    documents = [hit.document for hit in hits]
    texts = [text, *(text for one in documents for text in (one.id, one.text))]
    whole = all(type(one) is str for one in texts) and all(type(hit.score) is float for hit in hits)
    if (
        not isinstance(text, str)
        or not whole
        or any(type(d.metadata) is not dict for d in documents)
    ):
        raise ValueError("no answer")
    return Answer(text, hits)
