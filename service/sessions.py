"""Conversations in memory: the last turns of each, bounded in number, bytes and idle time.

As LangChain's ConversationBufferWindowMemory returns them, but nothing older is kept.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import orjson

from service.turns import TurnIdUsed

# What a client may choose as its own id. Hosts restart and forget, so an id that is not known is
# taken, not refused. Chosen ids can be guessed: those that the service gives have 128 random bits.
SESSION_ID_PATTERN = r"^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}$"
_SESSION_ID = re.compile(SESSION_ID_PATTERN)
# An entry beside its packed turns: id, place in the OrderedDict, objects. Measured with tracemalloc:
# 277 bytes with an id of 22 characters (CPython 3.11); a test compares.
ENTRY_BYTES = 300


def new_session_id() -> str:
    """A fresh id with 128 random bits: who has it, has the conversation."""
    return secrets.token_urlsafe(16)


def is_session_id(text: str) -> bool:
    """Whether `text` may be the id of a session."""
    return _SESSION_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its answer. `id`: the client's name for the turn, if it gave one."""

    question: str
    answer: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """The last turns of a session, oldest first. `born` names this life of the session, 0 none."""

    turns: tuple[Turn, ...] = ()
    born: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """How much the sessions take (None where that is not in this process), how many were dropped for want of room, age or memory, how often
    they could not be reached, and how many were dropped because they could not be read.
    """

    count: int | None
    bytes: int | None
    evicted: int
    expired: int
    shed: int = 0
    failed: int = 0
    damaged: int = 0


class SessionStore(Protocol):
    """Where conversations are kept."""

    async def window(self, session_id: str) -> Window:
        """The last turns of the session; an unknown one begins here, with none."""
        ...

    async def append(self, session_id: str, turn: Turn, born: int) -> Turn | None:
        """Add `turn` in one step, so that concurrent turns of a session are neither lost nor mixed.

        `born` is that of the window that the turn started with: when the session was deleted or
        dropped in the meantime, the turn is not kept, and None is returned. 0 holds to no life. Else
        the turn that is kept: that of before, where one of the session has the same `id`. Raises
        TurnIdUsed when that one has another question, or is too old to be known.
        """
        ...

    def using(self, session_id: str) -> AbstractContextManager[None]:
        """While a turn of the session is made: it is neither dropped for its age nor for want of room."""
        ...

    async def delete(self, session_id: str) -> bool:
        """Forget the session. Whether it was there."""
        ...

    def sweep(self) -> None:
        """Forget what is too old, where nobody else does."""
        ...

    def shed(self, share: float) -> int:
        """Forget the sessions unused for longest; see MemorySessions."""
        ...

    def usage(self) -> Usage:
        """What the sessions take in this process."""
        ...

    async def ping(self) -> None:
        """Raise SessionsUnavailable until they were reached once."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


def same(kept: Turn, turn: Turn) -> Turn:
    """The turn that is kept under the id of `turn`. Raises TurnIdUsed."""
    if kept.question != turn.question:
        raise TurnIdUsed
    return kept


class SessionsUnavailable(Exception):
    """The conversations cannot be reached now. Nothing of the turn was acknowledged."""


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

    async def append(self, session_id: str, turn: Turn, born: int) -> Turn | None:
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

    def shed(self, share: float) -> int:
        """Forget the sessions unused for longest, until `share` of the bytes is free. How many went.

        Those of which a turn is being made stay.
        """
        keep_bytes = self._bytes * (1 - share)
        before = self._shed
        while self._bytes > keep_bytes and (name := self._longest_idle()) is not None:
            self._remove(name)
            self._shed += 1
        return self._shed - before

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
    texts = [text for turn in turns for text in (turn.question, turn.answer, turn.id)]
    return zlib.compress(orjson.dumps(texts), 1)


def _unpack(packed: bytes) -> tuple[Turn, ...]:
    texts = orjson.loads(zlib.decompress(packed))
    return tuple(Turn(*pair) for pair in zip(texts[::3], texts[1::3], texts[2::3], strict=True))


NO_TURNS = _pack(())
