from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr

from service import rate_limit
from service.rate_limit import RateLimit
from service.redis_client import connect
from service.redis_rate_limit import SharedRateLimit
from tests.service.redis import redis_server
from tools.limits.free_port import free_port


def waits(limit: RateLimit, *clients: str) -> list[float]:
    async def ask() -> list[float]:
        return [await limit.wait_s(client) for client in clients]

    return asyncio.run(ask())


def test_a_burst_then_evenly():
    now = [0.0]
    limit = RateLimit(2, clock=lambda: now[0])
    assert waits(limit, *"aaab") == [0, 0, 30, 0]
    now[0] = 30
    assert waits(limit, *"aa") == [0, 30]
    now[0] = 600
    assert waits(limit, *"aaa") == [0, 0, 30]


def test_0_is_no_limit():
    limit = RateLimit(0)
    assert waits(limit, *"a" * 100) == [0] * 100
    assert limit.clients == 0


def test_the_clients_known_are_bounded(monkeypatch):
    monkeypatch.setattr(rate_limit, "CLIENTS", 3)
    limit = RateLimit(1)
    assert waits(limit, *"abcd") == [0] * 4
    assert limit.clients == 3
    assert waits(limit, "d")[0] > 0
    assert waits(limit, "a") == [0]


@pytest.mark.slow
def test_instances_count_together_and_alone_without_redis(tmp_path):
    async def ask() -> None:
        async with connect(SecretStr(f"redis://127.0.0.1:{port}/0")) as client:
            one, other = SharedRateLimit(client, 2), SharedRateLimit(client, 2)
            with redis_server(tmp_path, port):
                assert [await limit.wait_s("a") for limit in (one, other)] == [0, 0]
                assert 0 < await one.wait_s("a") <= 30
                assert await other.wait_s("b") == 0
            assert [await limit.wait_s("a") for limit in (one, one, other)] == [0, 0, 0]
            assert await one.wait_s("a") > 0

    port = free_port()
    asyncio.run(ask())
