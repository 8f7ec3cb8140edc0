"""The connection to Redis (REDIS_URL); imported only where it is set."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooLate

CONNECT_S = 1.0
# For one command; what is asked here takes Redis well under a millisecond.
ANSWER_S = 2.0
CONNECTIONS = 32
# All that is sent may be sent twice, so a connection that broke in between is no reason to fail.
RETRIES = 2
# A Redis that does not answer is left alone for so long: who asks would wait ANSWER_S each time.
PAUSE_S = 2.0
# What a command may raise; the last two where something listens that is no Redis, and answers.
FAILURES = (RedisError, OSError, ValueError, TypeError)


class PausingRedis(Redis):
    """After a command that was not answered in time the next ones fail at once, for PAUSE_S; then
    one tries.
    """

    _again_at = 0.0

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        now = time.monotonic()
        if now < self._again_at:
            raise NotConnected("left alone for a moment")
        if self._again_at:
            self._again_at = now + ANSWER_S + PAUSE_S  # the others do not wait with this one
        try:
            answer = await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except TooLate:
            self._again_at = time.monotonic() + PAUSE_S
            raise
        except RedisError:
            self._again_at = 0.0
            raise
        self._again_at = 0.0
        return answer


def connect(url: SecretStr) -> Redis:
    """A client that connects when it is first used. Raises ValueError for an address that is none."""
    _has_a_database(url.get_secret_value())
    pool = BlockingConnectionPool.from_url(
        url.get_secret_value(),
        max_connections=CONNECTIONS,
        timeout=ANSWER_S,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), RETRIES, (NotConnected,)),
    )
    return PausingRedis.from_pool(pool)  # which closes it with the client


def _has_a_database(url: str) -> None:
    """Raises ValueError for a database that is no number: the client would take database 0."""
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("db", [])
    if parts.scheme != "unix":
        named += [parts.path.strip("/")]
    if not all(name.isascii() and name.isdigit() for name in named if name):
        raise ValueError("a database has a number")
