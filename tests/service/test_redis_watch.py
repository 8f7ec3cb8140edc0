from __future__ import annotations

import asyncio
import logging

import pytest
from pydantic import SecretStr

from service import redis_watch
from service.redis_client import connect
from tests.service.redis import redis_server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("maxmemory", "policy", "warning"),
    [
        pytest.param("0", "noeviction", "redis maxmemory=0", id="without a bound"),
        pytest.param("64mb", "noeviction", "maxmemory_policy=noeviction", id="nothing goes"),
        pytest.param("64mb", "allkeys-lru", None, id="as it should be"),
    ],
)
def test_what_redis_will_come_to_is_said_once(
    tmp_path, caplog, monkeypatch, maxmemory, policy, warning
):
    caplog.set_level(logging.INFO, redis_watch.log.name)
    monkeypatch.setattr(redis_watch, "POLL_S", 0.02)
    monkeypatch.setattr(logging.getLogger("service"), "propagate", True)

    async def look(url: str, kill) -> None:
        async with connect(SecretStr(url)) as client:
            await client.config_set("maxmemory", maxmemory)
            await client.config_set("maxmemory-policy", policy)
            watching = asyncio.create_task(redis_watch.watch(client))
            await until("redis reached")
            await asyncio.sleep(0.2)  # long enough for a second warning
            kill()
            await until("redis cannot be reached")
            watching.cancel()

    async def until(text: str) -> None:
        async with asyncio.timeout(30):
            while text not in caplog.text:
                await asyncio.sleep(0.01)

    with redis_server(tmp_path) as (url, process):
        asyncio.run(look(url, process.kill))
    warnings = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    settings = [one for one in warnings if "maxmemory" in one]
    assert [warning in one for one in settings] == ([True] if warning else [])
