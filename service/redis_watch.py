"""Tells in the log whether Redis can be reached, and what its settings will lead to."""

from __future__ import annotations

import asyncio
import logging

from redis.asyncio import Redis

from service.redis_client import FAILURES

log = logging.getLogger(__name__)

POLL_S = 5.0


async def watch(client: Redis) -> None:
    """Try Redis again and again, for ever, and log each change; its settings only once."""
    reached: bool | None = None
    told = False
    while True:
        failure = await _failure(client)
        if reached is not (failure is None):
            reached = failure is None
            _say(failure, before=told)
        if reached and not told:
            told = True
            await _warn(client)
        await asyncio.sleep(POLL_S)


async def _failure(client: Redis) -> str | None:
    """Why it cannot be reached, None when it can."""
    try:
        await client.ping()
    except FAILURES as error:  # its text may name host and user
        return type(error).__name__
    return None


def _say(failure: str | None, *, before: bool) -> None:
    if failure is None:
        log.info("redis reached%s", " again" if before else "")
    else:
        not_ready = "" if before else ", and /ready too"
        log.warning(
            "redis cannot be reached (REDIS_URL): %s; /chat answers 503%s", failure, not_ready
        )


async def _warn(client: Redis) -> None:
    """Log the settings of Redis with which it will fill its machine, or refuse."""
    try:
        memory = await client.info("memory")
    except FAILURES:  # not every user may ask
        return
    policy = memory.get("maxmemory_policy")
    if memory.get("maxmemory") == 0:
        log.warning(
            "redis maxmemory=0: nothing bounds what conversations and answers take there. Set its"
            " maxmemory, and maxmemory-policy allkeys-lru."
        )
    elif policy == "noeviction":
        log.warning(
            "redis maxmemory_policy=noeviction: once it is full, every conversation is refused. Set"
            " its maxmemory-policy to allkeys-lru."
        )
