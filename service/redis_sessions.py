"""Conversations in Redis, for several instances that serve the same ones.

One hash per session, so that Redis drops it as a whole: `born` names this life of the session, `n`
counts its turns, `t<n>` is a turn, `i<id>` and `s<n>` tell which turns were seen. A key that holds
anything else is damaged: it goes as a whole, and the session begins anew. Beside it, `DELETED` says for
as long as a session lives that it was deleted, not dropped: no turn puts that back.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, cast

import orjson
from redis.asyncio import Redis

from service.redis_client import FAILURES
from service.redis_damage import Damaged, say_damaged
from service.sessions import SessionsUnavailable, Turn, Usage, Window, same
from service.turns import TurnIdUsed

log = logging.getLogger(__name__)
T = TypeVar("T")

PREFIX = "fit512:session:"
DELETED = "fit512:deleted:"
# A turn may be sent again that long after others of its session.
SEEN_TURNS = 64

# Lua's numbers are written out whole up to here.
MOST_TURNS = 10**14
# Of an id, in the log: enough to find the key, too little to take the conversation over.
SHOWN_OF_AN_ID = 6

# KEYS: session. ARGV: a new life's name, TTL in ms. Returns false for a key of another type.
WINDOW = """
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then return false end
redis.call('HSETNX', KEYS[1], 'born', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HGETALL', KEYS[1])
"""
# KEYS: session, its mark. ARGV: the life that the turn began in, TTL in ms, turns kept, turns seen, id, turn;
# then id and turn of those before it, with which a session is put back that Redis has dropped.
# Returns the turn that is kept, 0 for none, 1 where the id is that of a turn no longer kept.
APPEND = """
if redis.call('EXISTS', KEYS[1]) == 0 then
    if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
    redis.call('HSET', KEYS[1], 'born', ARGV[1])
    for at = 7, #ARGV, 2 do
        local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
        redis.call('HSET', KEYS[1], 't' .. n, ARGV[at + 1], 'i' .. ARGV[at], n, 's' .. n, ARGV[at])
    end
elseif redis.call('HGET', KEYS[1], 'born') ~= ARGV[1] then
    return 0
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local seen = redis.call('HGET', KEYS[1], 'i' .. ARGV[5])
if seen then return redis.call('HGET', KEYS[1], 't' .. seen) or 1 end
local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('HSET', KEYS[1], 't' .. n, ARGV[6], 'i' .. ARGV[5], n, 's' .. n, ARGV[5])
redis.call('HDEL', KEYS[1], 't' .. (n - ARGV[3]))
local old = redis.call('HGET', KEYS[1], 's' .. (n - ARGV[4]))
if old then redis.call('HDEL', KEYS[1], 'i' .. old, 's' .. (n - ARGV[4])) end
return ARGV[6]
"""
# KEYS: session. ARGV: what `born` was when it was found damaged: a life begun since then stays.
FORGET = """
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'hash' and redis.call('HGET', KEYS[1], 'born') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
# KEYS: session, its mark. ARGV: TTL in ms. Returns whether it was there; it may have been dropped while
# a turn of it is made. Where Redis is too full for the mark it takes no turn either.
DELETE = """
redis.pcall('SET', KEYS[2], 1, 'PX', ARGV[1])
return redis.call('DEL', KEYS[1])
"""


class RedisSessions:
    """The sessions of all instances. Every method raises SessionsUnavailable when Redis is away."""

    def __init__(self, client: Redis, *, turns: int, ttl_s: float) -> None:
        self._client = client
        self._turns = turns
        self._ttl_ms = max(1, int(ttl_s * 1000))
        self._window = client.register_script(WINDOW)
        self._append = client.register_script(APPEND)
        self._forget = client.register_script(FORGET)
        self._delete = client.register_script(DELETE)
        self._failed = 0
        self._damaged = 0
        self._ready = False

    async def window(self, session_id: str) -> Window:
        if not self._turns:
            return Window()
        try:
            return await self._read(session_id)
        except Damaged as damaged:
            self._damaged += 1
            say_damaged(f"{PREFIX}{session_id[:SHOWN_OF_AN_ID]}*", "it begins anew")
            await self._reached(self._forget([PREFIX + session_id], [damaged.born]))
        try:
            return await self._read(session_id)
        except Damaged as damaged:  # whoever writes there does it again and again
            raise SessionsUnavailable from damaged

    async def _read(self, session_id: str) -> Window:
        born = secrets.randbits(62) + 1
        flat: list[bytes] | None = await self._reached(
            self._window([PREFIX + session_id], [born, self._ttl_ms])
        )
        return window(flat, self._turns)

    async def append(
        self, session_id: str, turn: Turn, born: int, known: Sequence[Turn] = ()
    ) -> Turn | None:
        if not self._turns:
            return turn
        name, packed = _named(turn)
        before = [part for one in known for part in _named(one)]
        given = [born, self._ttl_ms, self._turns, SEEN_TURNS, name, packed, *before]
        kept: bytes | int = await self._reached(self._append(_keys(session_id), given))
        if kept == 0:
            return None
        if isinstance(kept, int):
            raise TurnIdUsed
        return same(Turn(*orjson.loads(kept)), turn)

    def using(self, session_id: str) -> AbstractContextManager[None]:
        """Nothing: what Redis drops, it drops."""
        return nullcontext()

    async def delete(self, session_id: str) -> bool:
        return bool(await self._reached(self._delete(_keys(session_id), [self._ttl_ms])))

    async def ping(self) -> None:
        if not self._ready:
            await self._reached(self._client.ping())
            self._ready = True

    def sweep(self) -> None:
        """Nothing: Redis forgets by itself."""

    def shed(self, share: float) -> int:
        """Nothing: they take no memory here."""
        return 0

    def usage(self) -> Usage:
        return Usage(None, None, 0, 0, failed=self._failed, damaged=self._damaged)

    async def close(self) -> None:
        await self._client.aclose()

    async def _reached(self, answer: Awaitable[T] | Any) -> T:
        try:
            return cast(T, await answer)
        except FAILURES as error:
            self._failed += 1
            log.warning("redis failed: %s", type(error).__name__)
            raise SessionsUnavailable from error


def window(flat: Sequence[bytes] | None, most: int) -> Window:
    """The last `most` turns in a session's hash: names and values in turn, None for no hash.

    Raises Damaged for what no instance has written.
    """
    fields: dict[bytes, bytes] = {}
    try:
        fields = dict(zip(flat[::2], flat[1::2], strict=True)) if flat else {}
        last, born = int(fields.get(b"n", 0)), int(fields[b"born"])
        if not 0 <= last < MOST_TURNS or born < 1:
            raise ValueError("out of range")
        numbers = range(max(1, last - most + 1), last + 1)
        packed = (fields.get(b"t%d" % number) for number in numbers)
        return Window(tuple(_turn(turn) for turn in packed if turn is not None), born)
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(fields.get(b"born", b"")) from error


def _keys(session_id: str) -> list[str]:
    return [PREFIX + session_id, DELETED + session_id]


def _named(turn: Turn) -> tuple[str, bytes]:
    """Its id, of its own also where the client gave none: the command may be sent again; and it, packed."""
    name = turn.id or secrets.token_urlsafe(12)
    return name, orjson.dumps([turn.question, turn.answer, turn.id])


def _turn(packed: bytes) -> Turn:
    """The turn that was packed. Raises ValueError."""
    texts = orjson.loads(packed)
    if not isinstance(texts, list) or len(texts) != 3 or any(type(t) is not str for t in texts):
        raise ValueError("no turn")
    return Turn(*texts)
