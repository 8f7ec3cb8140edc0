"""The same limit for all instances together, in Redis and by its clock."""

from __future__ import annotations

import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.rate_limit import MINUTE_S, RateLimit

log = logging.getLogger(__name__)

PREFIX = "fit512:rate:"
# KEYS: client. ARGV: us for one question, us in a minute. Returns us to wait.
ASK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local even = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now)) + ARGV[1]
local wait = even - now - ARGV[2]
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', even), 'PX', math.ceil((even - now) / 1000))
return 0
"""


class SharedRateLimit(RateLimit):
    """Counts in Redis; while that is away, each instance counts for itself."""

    def __init__(self, client: Redis, per_minute: int) -> None:
        super().__init__(per_minute)
        self._ask = client.register_script(ASK)

    async def wait_s(self, client: str) -> float:
        if not self.per_minute:
            return 0.0
        each_us, minute_us = (int(s * 1e6) for s in (MINUTE_S / self.per_minute, MINUTE_S))
        try:
            wait_us = int(await self._ask([PREFIX + client], [each_us, minute_us]))
        except (RedisError, OSError) as error:
            log.warning("redis failed: %s", type(error).__name__)
            return self._wait_s(client)
        self.refused += wait_us > 0
        return wait_us / 1e6
