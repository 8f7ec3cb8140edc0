"""The response cache of several instances: each has its own, and behind it one in Redis."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.answer_cache import Answer, AnswerCache, pack, unpack

log = logging.getLogger(__name__)

PREFIX = b"fit512:answer:"
# A larger answer is made anew rather than sent about.
MOST_BYTES = 256 * 1024


class SharedAnswers(AnswerCache):
    """Answers in this process and in Redis. Without Redis the process's own are left."""

    def __init__(
        self, client: Redis, *, max_bytes: int, ttl_s: float, scope: Iterable[str]
    ) -> None:
        super().__init__(max_bytes=max_bytes, ttl_s=ttl_s, scope=scope)
        self._client = client
        self._ttl_ms = max(1, int(ttl_s * 1000))

    async def find(self, key: bytes) -> Answer | None:
        kept = self.get(key)
        if kept is not None or not self._max_bytes:
            return kept
        try:
            packed = await self._client.get(PREFIX + key.hex().encode())
        except (RedisError, OSError) as error:
            log.warning("redis failed: %s", type(error).__name__)
            return None
        return unpack(packed) if isinstance(packed, bytes) else None

    async def keep(self, key: bytes, answer: Answer) -> None:
        self.put(key, answer)
        packed = pack(answer)
        if not self._max_bytes or len(packed) > MOST_BYTES:
            return
        try:
            await self._client.set(PREFIX + key.hex().encode(), packed, px=self._ttl_ms)
        except (RedisError, OSError) as error:
            log.warning("redis failed: %s", type(error).__name__)
