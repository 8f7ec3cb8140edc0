"""Conversations in Redis, for several instances that serve the same ones.

One hash per session, so that Redis drops it as a whole: `born` names this life of the session, `n`
counts its turns, `t<n>` is a turn, `i<id>` and `s<n>` tell which turns were seen. A key that holds
anything else is damaged: it goes as a whole, and the session begins anew. One set for all, `DELETED`,
says for as long as a session lives which ones were deleted, not dropped: no turn puts those back.
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
from service.turns import FINISH_REASONS, TurnIdUsed

log = logging.getLogger(__name__)
T = TypeVar("T")

PREFIX = "fit512:session:"
DELETED = "fit512:deleted"
# Of them the last ones: whoever deletes what never was fills no Redis.
DELETED_MAX = 10_000
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
# What both of the next ones begin with: the time in ms, as Redis has it.
NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""
# KEYS: session, those deleted. ARGV: the life that the turn began in, TTL in ms, turns kept, turns seen,
# id of the turn, turn, id of the session; then id and turn of those before it, with which a session is
# put back that Redis has dropped. One that was dropped and has begun anew since then takes the turn, too.
# Returns the turn that is kept, 0 for none, 1 where the id is that of a turn no longer kept.
APPEND = (
    NOW
    + """
if redis.call('HGET', KEYS[1], 'born') ~= ARGV[1] then
    local until_ms = redis.pcall('ZSCORE', KEYS[2], ARGV[7])
    if type(until_ms) == 'string' and tonumber(until_ms) > now then return 0 end
    if redis.call('HSETNX', KEYS[1], 'born', ARGV[1]) == 1 then
        for at = 8, #ARGV, 2 do
            local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
            redis.call('HSET', KEYS[1], 't' .. n, ARGV[at + 1], 'i' .. ARGV[at], n, 's' .. n, ARGV[at])
        end
    end
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
)
# KEYS: session. ARGV: what `born` was when it was found damaged: a life begun since then stays.
FORGET = """
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'hash' and redis.call('HGET', KEYS[1], 'born') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
# KEYS: session, those deleted. ARGV: TTL in ms, id, the most that are kept. Returns whether it was there;
# it may have been dropped while a turn of it is made. Where Redis is too full for it in the set it takes
# no turn either. A set that is none of ours is left alone.
DELETE = (
    NOW
    + """
local added = redis.pcall('ZADD', KEYS[2], now + ARGV[1], ARGV[2])
if type(added) == 'number' then
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[3])
    if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[1]) then
        redis.call('PEXPIRE', KEYS[2], ARGV[1])
    end
end
return redis.call('DEL', KEYS[1])
"""
)


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
        given: list[int | str | bytes] = [born, self._ttl_ms, self._turns, SEEN_TURNS, name, packed]
        given += [session_id, *before]
        kept: bytes | int = await self._reached(self._append(_keys(session_id), given))
        if kept == 0:
            return None
        if isinstance(kept, int):
            raise TurnIdUsed
        try:
            return same(_turn(kept), turn)
        except ValueError as error:  # damaged since the window was read; the next one forgets it
            raise SessionsUnavailable from error

    def using(self, session_id: str) -> AbstractContextManager[None]:
        """Nothing: what Redis drops, it drops."""
        return nullcontext()

    async def delete(self, session_id: str) -> bool:
        given: list[int | str] = [self._ttl_ms, session_id, DELETED_MAX]
        return bool(await self._reached(self._delete(_keys(session_id), given)))

    async def ping(self) -> None:
        if not self._ready:
            await self._reached(self._client.ping())
            self._ready = True

    def sweep(self) -> None:
        """Nothing: Redis forgets by itself."""

    def shed(self, share: float, short: int = 0) -> int:
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
    return [PREFIX + session_id, DELETED]


def _named(turn: Turn) -> tuple[str, bytes]:
    """Its id, of its own also where the client gave none: the command may be sent again; and it, packed."""
    name = turn.id or secrets.token_urlsafe(12)
    texts = [turn.question, turn.answer, turn.id]
    # A whole answer as it was written before there was a reason: an older instance may read it.
    return name, orjson.dumps(
        texts if turn.finish_reason == "stop" else [*texts, turn.finish_reason]
    )


def _turn(packed: bytes) -> Turn:
    """The turn that was packed. Raises ValueError."""
    texts = orjson.loads(packed)
    if not isinstance(texts, list) or any(type(text) is not str for text in texts):
        raise ValueError("no turn")
    if len(texts) != 3 and not (len(texts) == 4 and texts[3] in FINISH_REASONS):
        raise ValueError("no turn")
    return Turn(*texts)
