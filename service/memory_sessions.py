"""Conversations in memory: the last turns of each, bounded in number, bytes and idle time.

As LangChain's ConversationBufferWindowMemory returns them, but nothing older is kept.
"""

from __future__ import annotations

import itertools
import time
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from service.sessions import Turn, Usage, Window, same

# An entry beside its packed turns: id, place in the OrderedDict, objects. Measured with tracemalloc:
# 277 bytes with an id of 22 characters (CPython 3.11); a test compares.
ENTRY_BYTES = 300


@dataclass(frozen=True, slots=True)
class _Entry:
    born: int
    used: float
    packed: bytes

    @property
    def size(self) -> int:
        return len(self.packed) + ENTRY_BYTES


class MemorySessions:
    """Sessions in the memory of this process, the one unused for longest dropped first.

    For use on one event loop: no method gives way between reading and writing.
    """

    def __init__(
        self,
        *,
        turns: int,
        max_sessions: int,
        max_bytes: int,
        ttl_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._turns = turns
        self._max_sessions = max_sessions
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._clock = clock
        self._births = itertools.count(1)
        self._entries: OrderedDict[str, _Entry] = OrderedDict()  # the least recently used first
        self._bytes = 0
        self._evicted = 0
        self._expired = 0
        self._shed = 0
        # Of which a turn is being made, and how many.
        self._busy: Counter[str] = Counter()

    async def window(self, session_id: str) -> Window:
        self.sweep()
        entry = self._entries.get(session_id)
        if entry is None:
            return Window((), self._begin(session_id))
        self._put(session_id, _Entry(entry.born, self._clock(), entry.packed))
        return Window(_unpack(entry.packed), entry.born)

    def _begin(self, session_id: str) -> int:
        """Begin a life before its first turn is whole, so that it can be ended meanwhile."""
        if not self._turns:
            return 0
        born = next(self._births)
        self._put(session_id, _Entry(born, self._clock(), NO_TURNS))
        self._make_room()
        return born

    async def append(
        self, session_id: str, turn: Turn, born: int, known: Sequence[Turn] = ()
    ) -> Turn | None:
        self.sweep()
        entry = self._entries.get(session_id)
        if born and (entry is None or entry.born != born):
            return None
        if not self._turns:
            return turn
        before = _unpack(entry.packed) if entry else ()
        for one in before:
            if turn.id and turn.id == one.id:
                return same(one, turn)
        turns = (*before, turn)[-self._turns :]
        birth = entry.born if entry else next(self._births)
        self._put(session_id, _Entry(birth, self._clock(), _pack(turns)))
        self._make_room()
        return turn

    @contextmanager
    def using(self, session_id: str) -> Iterator[None]:
        self._busy[session_id] += 1
        try:
            yield
        finally:
            self._busy[session_id] -= 1
            self._busy += Counter()  # drops those at 0
            self._forget_empty(session_id)
            self._make_room()

    def _forget_empty(self, session_id: str) -> None:
        """A session without a turn, of which none is being made either, is none."""
        entry = self._entries.get(session_id)
        if entry and entry.packed == NO_TURNS and session_id not in self._busy:
            self._remove(session_id)

    async def delete(self, session_id: str) -> bool:
        self.sweep()
        return self._remove(session_id)

    async def ping(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def sweep(self) -> None:
        """Forget the sessions that were not used for `ttl_s` seconds, unless a turn is being made."""
        oldest = self._clock() - self._ttl_s
        old = itertools.takewhile(lambda item: item[1].used <= oldest, self._entries.items())
        for name in [name for name, _ in old if name not in self._busy]:
            self._remove(name)
            self._expired += 1

    def shed(self, share: float, short: int = 0) -> int:
        """Forget the sessions unused for longest, until `share` of the bytes is free. How many went.

        `short`: bytes; more go where all that may go make so much. Those of which a turn is being made
        stay.
        """
        wanted = self._bytes * share
        if wanted < short <= self._idle_bytes():
            wanted = short
        keep_bytes = self._bytes - wanted
        before = self._shed
        while self._bytes > keep_bytes and (name := self._longest_idle()) is not None:
            self._remove(name)
            self._shed += 1
        return self._shed - before

    def _idle_bytes(self) -> int:
        busy = (self._entries.get(name) for name in self._busy)
        return self._bytes - sum(entry.size for entry in busy if entry)

    def usage(self) -> Usage:
        """What the sessions take now, in bytes as they are counted against the bound."""
        return Usage(len(self._entries), self._bytes, self._evicted, self._expired, self._shed)

    def _put(self, session_id: str, entry: _Entry) -> None:
        before = self._entries.get(session_id)
        # Not removed and added again: that makes the dictionary grow to three times its need.
        self._entries[session_id] = entry
        self._entries.move_to_end(session_id)
        self._bytes += entry.size - (before.size if before else 0)

    def _remove(self, session_id: str) -> bool:
        entry = self._entries.pop(session_id, None)
        if entry is not None:
            self._bytes -= entry.size
        return entry is not None

    def _make_room(self) -> None:
        while self._too_much() and (name := self._longest_idle()) is not None:
            self._remove(name)
            self._evicted += 1

    def _too_much(self) -> bool:
        return len(self._entries) > self._max_sessions or self._bytes > self._max_bytes

    def _longest_idle(self) -> str | None:
        return next((name for name in self._entries if name not in self._busy), None)


def _pack(turns: tuple[Turn, ...]) -> bytes:
    # Compressed: 10,000 sessions of ten 200-byte messages take 8 MiB instead of 21, for 26 us a turn.
    texts = [
        text for one in turns for text in (one.question, one.answer, one.id, one.finish_reason)
    ]
    return zlib.compress(orjson.dumps(texts), 1)


def _unpack(packed: bytes) -> tuple[Turn, ...]:
    texts = orjson.loads(zlib.decompress(packed))
    return tuple(Turn(*texts[at : at + 4]) for at in range(0, len(texts), 4))


NO_TURNS = _pack(())
