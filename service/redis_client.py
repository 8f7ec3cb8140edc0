"""The connection to Redis (REDIS_URL); imported only where it is set."""

from __future__ import annotations

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
# What a command may raise; the last two where something listens that is no Redis, and answers.
FAILURES = (RedisError, OSError, ValueError, TypeError)


def connect(url: SecretStr) -> Redis:
    """A client that connects when it is first used. Raises ValueError for an address that is none."""
    pool = BlockingConnectionPool.from_url(
        url.get_secret_value(),
        max_connections=CONNECTIONS,
        timeout=ANSWER_S,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), RETRIES),
        retry_on_error=[NotConnected, TooLate],
    )
    return Redis.from_pool(pool)  # which closes it with the client
