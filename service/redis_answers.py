"""The response cache of several instances: each has its own, and behind it one in Redis."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from service.answer_cache import AnswerCache
from service.packed_answers import Answer, pack, unpack
from service.redis_client import FAILURES
from service.redis_damage import is_of_another_type, say_damaged
from service.similar import Asked

log = logging.getLogger(__name__)

PREFIX = "fit512:answer:"
# A larger answer is made anew rather than sent about.
MOST_BYTES = 256 * 1024
# Text packs to a third or so; what unpacks to more than this is none of ours.
MOST_UNPACKED_BYTES = 16 * MOST_BYTES


class SharedAnswers(AnswerCache):
    """Answers in this process and in Redis. Without Redis the process's own are left.

    Similar questions are looked for among the process's own alone.
    """

    def __init__(
        self,
        client: Redis,
        *,
        max_bytes: int,
        ttl_s: float,
        scope: Iterable[str],
        similarity: float | None = None,
    ) -> None:
        super().__init__(max_bytes=max_bytes, ttl_s=ttl_s, scope=scope, similarity=similarity)
        self._client = client
        self._ttl_ms = max(1, int(ttl_s * 1000))

    async def find(self, key: bytes) -> Answer | None:
        kept = self.get(key)
        if kept is not None or not self._max_bytes:
            return kept
        name = PREFIX + key.hex()
        try:
            packed = cast(bytes, await self._client.getrange(name, 0, MOST_BYTES))
            if packed:
                found = unpack(packed, MOST_UNPACKED_BYTES)
                self.shared()
                return found
            return None
        except ValueError:
            damaged = True
        except FAILURES as error:
            damaged = isinstance(error, ResponseError) and is_of_another_type(error)
            if not damaged:
                log.warning("redis failed: %s", type(error).__name__)
        if damaged:
            say_damaged(name, "the answer is made anew")
        return None

    async def keep(self, key: bytes, answer: Answer, asked: Asked | None = None) -> None:
        self.put(key, answer, asked)
        packed = pack(answer)
        if not self._max_bytes or len(packed) > MOST_BYTES:
            return
        try:
            await self._client.set(PREFIX + key.hex(), packed, px=self._ttl_ms)
        except FAILURES as error:
            log.warning("redis failed: %s", type(error).__name__)
