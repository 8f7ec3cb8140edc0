"""Answers that several instances keep together, in a real Redis."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr

from service.packed_answers import Answer
from service.redis_answers import PREFIX, SharedAnswers
from service.redis_client import connect
from tests.service.redis import redis_server

pytestmark = pytest.mark.slow
KEY = b"\x7c\x1f"


def test_another_instance_finds_an_answer_until_its_time_is_up(tmp_path):
    async def work(url: str) -> None:
        async with connect(SecretStr(url)) as client:
            one, other = (
                SharedAnswers(client, max_bytes=1 << 20, ttl_s=30, scope=["model"]) for _ in "12"
            )
            await one.keep(KEY, Answer("At nine.", []))
            assert 20_000 < await client.pttl(PREFIX + KEY.hex()) <= 30_000
            assert await other.find(KEY) == Answer("At nine.", [])
            await client.pexpire(PREFIX + KEY.hex(), 1)
            await asyncio.sleep(0.05)
            assert await other.find(KEY) is None

    with redis_server(tmp_path) as (url, _):
        asyncio.run(work(url))
