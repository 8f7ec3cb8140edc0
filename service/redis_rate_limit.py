"""The same limit for all instances together, in Redis and by its clock."""

from __future__ import annotations

import logging

from redis.asyncio import Redis

from service.rate_limit import MINUTE_S, RateLimit
from service.redis_client import FAILURES
from service.redis_damage import say_damaged

log = logging.getLogger(__name__)

PREFIX = "fit512:rate:"
# KEYS: client. ARGV: us for one question, us in a minute. Returns us to wait, -1 where what was there is
# no time of ours (none is later than a minute from now): it counts for nothing.
ASK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local kept = redis.pcall('GET', KEYS[1])
local even = now
if kept then even = type(kept) == 'string' and tonumber(kept) or -1 end
local damaged = not (even >= 0 and even <= now + ARGV[2])
if damaged then even = now end
even = math.max(now, even) + ARGV[1]
local wait = even - now - ARGV[2]
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', even), 'PX', math.ceil((even - now) / 1000))
return damaged and -1 or 0
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
        except FAILURES as error:
            log.warning("redis failed: %s", type(error).__name__)
            return self._wait_s(client)
        if wait_us < 0:
            say_damaged(PREFIX + client, "it is counted anew")
        return max(0, wait_us) / 1e6
