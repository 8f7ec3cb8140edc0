"""What stands in Redis under our names and is none of ours."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from service import redis_answers, redis_rate_limit
from service.packed_answers import Answer, pack
from service.redis_answers import SharedAnswers
from service.redis_client import connect
from service.redis_rate_limit import SharedRateLimit
from service.redis_sessions import PREFIX, RedisSessions
from service.sessions import SessionsUnavailable, Turn
from tests.service.helpers import running
from tests.service.redis import redis_server
from vectorstore.base import Document, Hit

pytestmark = pytest.mark.slow
SESSION = "visitor-7c1f"
TURN = orjson.dumps(["Secret?", "Kept secret.", ""])
ANSWER = Answer("At nine.", [Hit(Document("1", "We open at nine.", {"n": 1}), 0.5)])
PACKED = pack(ANSWER)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as (url, _):
        yield url


def on(url: str, work: Callable[[Redis], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with connect(SecretStr(url)) as client:
            await client.flushall()
            return await work(client)

    return asyncio.run(run())


async def put(client: Redis, name: str, value: Any) -> None:
    match value:
        case dict():
            await client.hset(name, mapping=value)
        case list():
            await client.rpush(name, *value)
        case _:
            await client.set(name, value)


def session(**changed: Any) -> dict[str, Any]:
    return {"born": 5, "n": 1, "t1": TURN, **changed}


DAMAGED_SESSIONS = {
    "a text": "Secret",
    "a list": ["Secret"],
    "a turn that is no JSON": session(t1=b"Secret"),
    "half a turn": session(t1=TURN[:-5]),
    "an empty turn": session(t1=b""),
    "a turn that is no list": session(t1=orjson.dumps({"Secret": 1})),
    "a turn that is a text": session(t1=b'"abc"'),
    "a turn of too few texts": session(t1=orjson.dumps(["Secret"])),
    "a turn of too many texts": session(t1=orjson.dumps(["Secret"] * 4)),
    "a turn of numbers": session(t1=orjson.dumps([1, 2, 3])),
    "no UTF-8": session(t1=b'["\xff","",""]'),
    "no number of turns": session(n="Secret"),
    "less than no turns": session(n=-1),
    "more turns than can be counted": session(n=2**63 - 1),
    "a life without a number": session(born="Secret"),
    "a life below the first": session(born=0),
    "one good turn and a damaged one": session(n=2, t2=b"Secret"),
}


@pytest.mark.parametrize("name", DAMAGED_SESSIONS)
def test_a_damaged_session_begins_anew_as_a_whole(url, name, caplog):
    async def work(client: Redis) -> None:
        await put(client, PREFIX + SESSION, DAMAGED_SESSIONS[name])
        one, two = (RedisSessions(client, turns=3, ttl_s=60) for _ in range(2))
        window = await one.window(SESSION)
        assert (window.turns, window.born > 5) == ((), True)
        assert await one.append(SESSION, Turn("Q", "A"), window.born)
        assert (await two.window(SESSION)).turns == (Turn("Q", "A"),)
        assert (one.usage().damaged, two.usage().damaged) == (1, 0)
        assert (one.usage().failed, two.usage().failed) == (0, 0)

    with caplog.at_level(logging.INFO, "service"):
        on(url, work)
    said = "redis value damaged key=fit512:session:visito*: it begins anew"
    assert [record.getMessage() for record in caplog.records] == [said]


def test_a_life_that_another_instance_began_since_then_stays(url):
    async def work(client: Redis) -> None:
        await put(client, PREFIX + SESSION, session(t1=b"damaged"))
        one, two = (RedisSessions(client, turns=3, ttl_s=60) for _ in range(2))
        windows = await asyncio.gather(one.window(SESSION), two.window(SESSION))
        kept = [await two.append(SESSION, Turn("Q", "A"), window.born) for window in windows]
        assert kept == [Turn("Q", "A")] * 2
        assert (await one.window(SESSION)).turns == (Turn("Q", "A"), Turn("Q", "A"))

    on(url, work)


def test_older_turns_that_are_no_longer_there_are_no_damage(url):
    async def work(client: Redis) -> None:
        await put(client, PREFIX + SESSION, session(n=7, t7=TURN))
        window = await RedisSessions(client, turns=3, ttl_s=60).window(SESSION)
        assert window.turns == (Turn("Secret?", "Kept secret."),)

    on(url, work)


def packed(value: Any) -> bytes:
    return zlib.compress(orjson.dumps(value))


DAMAGED_ANSWERS = {
    "a hash": {"Secret": "1"},
    "a list": ["Secret"],
    "a text": "Secret",
    "half an answer": PACKED[: len(PACKED) // 2],
    "all but its end": PACKED[:-1],
    "no JSON": zlib.compress(b"Secret"),
    "no pair": packed("Secret"),
    "a number for a text": packed([1, []]),
    "no documents": packed(["Secret", 1]),
    "half a document": packed(["Secret", [["1", "text"]]]),
    "metadata that are none": packed(["Secret", [["1", "text", [], 0.5]]]),
    "a score that is none": packed(["Secret", [["1", "text", {}, "high"]]]),
    "a text without end": zlib.compress(b'["' + b"S" * 64 * 2**20 + b'",[]]', 9),
    "more bytes than an answer has": b"S" * (redis_answers.MOST_BYTES + 1),
}


@pytest.mark.parametrize("name", DAMAGED_ANSWERS)
def test_a_damaged_answer_is_made_anew(url, name, caplog):
    async def work(client: Redis) -> str:
        one, two = (SharedAnswers(client, max_bytes=10**6, ttl_s=60, scope=[]) for _ in "ab")
        key = one.key("When?", [])
        await put(client, redis_answers.PREFIX + key.hex(), DAMAGED_ANSWERS[name])
        assert await one.find(key) is None
        await one.keep(key, ANSWER)
        assert await two.find(key) == ANSWER
        return key.hex()

    with caplog.at_level(logging.INFO, "service"):
        key = on(url, work)
    said = f"redis value damaged key=fit512:answer:{key}: the answer is made anew"
    assert [record.getMessage() for record in caplog.records] == [said]


DAMAGED_RATES = {
    "a hash": {"Secret": "1"},
    "a text": "Secret",
    "nothing": "",
    "no number": "nan",
    "a day from now": "9e15",
    "for ever": "inf",
    "before all time": "-1",
}


@pytest.mark.parametrize("name", DAMAGED_RATES)
def test_a_damaged_rate_counts_for_nothing(url, name, caplog):
    async def work(client: Redis) -> list[bool]:
        await put(client, redis_rate_limit.PREFIX + "10.0.0.1", DAMAGED_RATES[name])
        rate = SharedRateLimit(client, per_minute=2)
        return [await rate.wait_s("10.0.0.1") > 0 for _ in range(3)]

    with caplog.at_level(logging.INFO, "service"):
        assert on(url, work) == [False, False, True]
    said = "redis value damaged key=fit512:rate:10.0.0.1: it is counted anew"
    assert [record.getMessage() for record in caplog.records] == [said]


def test_the_service_answers_after_any_of_it(url, tmp_path):
    question = "When do you open?"

    async def damage(client: Redis) -> None:
        await put(client, PREFIX + "a", "Secret")
        await put(client, PREFIX + "b", session(t1=b"Secret"))
        await put(client, PREFIX + "c", session())

    on(url, damage)
    with running(tmp_path, REDIS_URL=url) as service:
        answers = {name: service.chat(question, name).json() for name in "abc"}
        assert [answers[name]["session_id"] for name in "abc"] == list("abc")
        assert len({answer["answer"] for answer in answers.values()}) == 1
        assert service.metric('fit512_sessions_dropped_total{reason="damaged"}') == 2
        assert "unexpected" not in service.log
        assert "Secret" not in service.log


NO_REDIS = {
    "an HTTP server": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a number that is none": b":abc\r\n",
    "a length that is none": b"$abc\r\n",
    "a list of a negative length": b"*-5\r\n",
    "only OK": b"+OK\r\n" * 20,
    "only 1": b":1\r\n" * 20,
    "three texts": b"*3\r\n+a\r\n+b\r\n+c\r\n" * 20,
    "nothing": b"$-1\r\n" * 20,
}


@pytest.mark.parametrize("name", NO_REDIS)
def test_what_is_no_redis_is_one_that_is_away(name):
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            writer.write(NO_REDIS[name])
        writer.close()

    async def run() -> None:
        async with await asyncio.start_server(nonsense, "127.0.0.1", 0) as server:
            address = "redis://{}:{}/0".format(*server.sockets[0].getsockname())
            async with connect(SecretStr(address)) as client:
                kept = RedisSessions(client, turns=3, ttl_s=60)
                with pytest.raises(SessionsUnavailable):
                    await kept.window("a")
                answers = SharedAnswers(client, max_bytes=10**6, ttl_s=60, scope=[])
                assert await answers.find(b"k") is None
                assert await SharedRateLimit(client, 5).wait_s("a") < 1

    asyncio.run(run())
