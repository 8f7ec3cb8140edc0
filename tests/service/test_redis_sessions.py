from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from service import redis_sessions
from service.packed_answers import Answer
from service.redis_answers import SharedAnswers
from service.redis_client import connect
from service.redis_rate_limit import SharedRateLimit
from service.redis_sessions import DELETED, PREFIX, SEEN_TURNS, RedisSessions
from service.sessions import SessionsUnavailable, Turn, Window
from service.turns import TurnIdUsed
from tests.service.redis import redis_server
from tools.limits.free_port import free_port
from vectorstore.base import Document, Hit

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as (url, _):
        yield url


@pytest.fixture
def url(server):
    """A Redis with nothing in it."""
    on(server, lambda client: client.flushall())
    return server


def on(url: str, work: Callable[[Redis], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with connect(SecretStr(url)) as client:
            return await work(client)

    return asyncio.run(run())


def sessions(client: Redis, turns: int = 3, ttl_s: float = 60) -> RedisSessions:
    return RedisSessions(client, turns=turns, ttl_s=ttl_s)


def turn(number: int, name: str = "") -> Turn:
    return Turn(f"question {number} ü", f"answer {number}", name)


def test_the_last_turns_are_kept_and_nothing_older(url):
    async def work(client: Redis) -> None:
        kept, other = sessions(client), sessions(client)
        window = await kept.window("a")
        assert window.turns == ()
        for number in range(5):
            assert await other.append("a", turn(number), window.born)
        again = await kept.window("a")
        assert again.turns == tuple(turn(number) for number in (2, 3, 4))
        assert again.born == window.born
        fields = await client.hkeys(PREFIX + "a")
        assert sorted(name for name in fields if name.startswith(b"t")) == [b"t3", b"t4", b"t5"]
        assert (await kept.window("b")).turns == ()

    on(url, work)


def test_concurrent_turns_of_two_instances_are_all_there_once(url):
    async def work(client: Redis) -> None:
        one, two = (sessions(client, turns=100) for _ in range(2))
        born = (await one.window("crowd")).born
        numbers = range(40)
        work = [(one, two)[n % 2].append("crowd", turn(n), born) for n in numbers]
        assert all(await asyncio.gather(*work))
        kept = (await one.window("crowd")).turns
        assert sorted(kept, key=lambda t: t.question) == sorted(
            map(turn, numbers), key=lambda t: t.question
        )

    on(url, work)


def test_a_turn_that_is_sent_again_is_there_once(url):
    async def work(client: Redis) -> None:
        kept = sessions(client)
        born = (await kept.window("twice")).born
        for _ in range(2):
            assert await kept.append("twice", turn(1, "t-1"), born)
        for number in range(2, 6):
            assert await kept.append("twice", turn(number), born)
        with pytest.raises(TurnIdUsed):  # long ago: its answer is not there any more
            await kept.append("twice", turn(1, "t-1"), born)
        last = turn(6, "t-6")
        assert await kept.append("twice", last, born) == last
        assert await kept.append("twice", replace(last, answer="another"), born) == last
        with pytest.raises(TurnIdUsed):
            await kept.append("twice", replace(last, question="another"), born)

    on(url, work)


def test_what_a_session_takes_is_bounded(url):
    async def work(client: Redis) -> None:
        kept = sessions(client)
        born = (await kept.window("long")).born
        for number in range(3 * SEEN_TURNS):
            await kept.append("long", turn(number, f"id-{number}"), born)
        assert await client.hlen(PREFIX + "long") == 2 + 3 + 2 * SEEN_TURNS

    on(url, work)


def test_a_turn_of_a_session_that_was_deleted_is_not_kept(url):
    async def work(client: Redis) -> None:
        kept = sessions(client)
        born = (await kept.window("gone")).born
        assert await kept.delete("gone")
        assert not await kept.append("gone", turn(1), born)
        assert not await kept.delete("gone")
        assert (await kept.window("gone")).born != born
        assert not await kept.append("gone", turn(1), born)

    on(url, work)


def test_a_session_that_redis_drops_while_answers_are_made_is_put_back(url):
    async def work(client: Redis) -> None:
        one, two = sessions(client, turns=3), sessions(client, turns=3)
        born = (await one.window("dropped")).born
        before = [turn(1, "first"), turn(2), turn(3)]
        for earlier in before:
            await one.append("dropped", earlier, born)
        await client.delete(PREFIX + "dropped")
        assert await one.append("dropped", turn(4), born, before) == turn(4)
        # Another instance, which was making an answer, too.
        assert await two.append("dropped", turn(5), born, before) == turn(5)
        assert await one.window("dropped") == Window((turn(3), turn(4), turn(5)), born)
        # The ids of before are known: a turn that is sent again is not doubled.
        await client.delete(PREFIX + "dropped")
        assert await one.append("dropped", turn(1, "first"), born, before) == turn(1, "first")
        assert (await one.window("dropped")).turns == tuple(before)

    on(url, work)


def test_one_that_was_deleted_is_not_put_back(url):
    async def work(client: Redis) -> None:
        kept = sessions(client, ttl_s=30)
        await client.delete(DELETED)
        for _ in range(2):
            born = (await kept.window("gone")).born
            await kept.append("gone", turn(1), born)
            assert await kept.delete("gone")
            for _ in range(2):
                assert await kept.append("gone", turn(2), born, [turn(1)]) is None
                assert await client.zrange(DELETED, 0, -1) == [b"gone"]
                assert 20_000 < await client.pttl(DELETED) <= 30_000
                assert not await kept.delete("gone")
        assert (await kept.window("gone")).turns == ()

    on(url, work)


def test_of_those_deleted_the_last_ones_are_known(url, monkeypatch):
    async def work(client: Redis) -> None:
        kept, brief = sessions(client), sessions(client, ttl_s=0.02)
        await client.delete(DELETED)
        await brief.delete("brief")
        await asyncio.sleep(0.05)
        for name in ("a", "b", "c", "d"):
            await kept.delete(name)
        assert await client.zrange(DELETED, 0, -1) == [b"b", b"c", b"d"]
        await brief.delete("brief")  # an instance of another SESSIONS_TTL_S shortens nobody's time
        assert await client.pttl(DELETED) > 30_000
        await kept.delete("d")
        # No longer known: what is dropped while a turn is made is put back.
        assert await kept.append("a", turn(1), 1)
        assert await kept.append("brief", turn(1), 1)
        assert not await kept.append("b", turn(1), 1)

    monkeypatch.setattr(redis_sessions, "DELETED_MAX", 3)
    on(url, work)


def test_something_else_in_place_of_those_deleted_is_left_alone(url):
    async def work(client: Redis) -> None:
        kept = sessions(client)
        await client.set(DELETED, "another program's")
        born = (await kept.window("other")).born
        assert await kept.append("other", turn(1), born)
        assert await kept.delete("other")
        assert await client.get(DELETED) == b"another program's"
        assert await client.pttl(DELETED) == -1
        await client.delete(DELETED)

    on(url, work)


def test_a_session_that_was_dropped_and_begun_anew_takes_the_turns_that_were_being_made(url):
    async def work(client: Redis) -> None:
        kept = sessions(client)
        born = (await kept.window("anew")).born
        await kept.append("anew", turn(1), born)
        await client.delete(PREFIX + "anew")
        anew = (await kept.window("anew")).born
        assert await kept.append("anew", turn(2), anew) == turn(2)
        assert await kept.append("anew", turn(3), born, [turn(1)]) == turn(3)
        assert await kept.window("anew") == Window((turn(2), turn(3)), anew)

    on(url, work)


def test_an_answer_that_was_cut_short_stays_so(url):
    async def work(client: Redis) -> None:
        kept = sessions(client)
        born = (await kept.window("cut")).born
        cut = replace(turn(1, "t-1"), finish_reason="length")
        assert await kept.append("cut", cut, born) == cut
        assert await kept.append("cut", turn(1, "t-1"), born) == cut
        assert (await kept.window("cut")).turns == (cut,)

    on(url, work)


def test_nor_one_that_redis_had_dropped_when_it_was_deleted(url):
    async def work(client: Redis) -> None:
        kept = sessions(client)
        born = (await kept.window("gone")).born
        await client.delete(PREFIX + "gone")
        assert not await kept.delete("gone")
        assert await kept.append("gone", turn(2), born, [turn(1)]) is None
        # Not either when it has begun anew since then, and that was dropped.
        assert (await kept.window("gone")).turns == ()
        await client.delete(PREFIX + "gone")
        assert await kept.append("gone", turn(2), born, [turn(1)]) is None
        assert await client.exists(PREFIX + "gone") == 0

    on(url, work)


def test_a_session_is_forgotten_after_its_time(url):
    async def work(client: Redis) -> None:
        kept = sessions(client, ttl_s=30)
        born = (await kept.window("old")).born
        assert 20_000 < await client.pttl(PREFIX + "old") <= 30_000
        await client.pexpire(PREFIX + "old", 15_000)
        await kept.append("old", turn(1), born)
        assert 20_000 < await client.pttl(PREFIX + "old") <= 30_000
        await client.pexpire(PREFIX + "old", 1)
        await asyncio.sleep(0.05)
        # Its time was up while an answer was made: it goes on, as one in memory does.
        assert await kept.append("old", turn(2), born, [turn(1)])
        assert await kept.window("old") == Window((turn(1), turn(2)), born)
        assert 20_000 < await client.pttl(PREFIX + "old") <= 30_000

    on(url, work)


def test_no_turns_no_redis():
    async def work(client: Redis) -> None:
        kept = sessions(client, turns=0)
        assert (await kept.window("a")).born == 0
        assert await kept.append("a", turn(1), 0)

    on(f"redis://127.0.0.1:{free_port()}/0", work)


def test_redis_that_is_away_and_comes_back(tmp_path):
    async def work(client: Redis) -> None:
        kept = sessions(client)
        with pytest.raises(SessionsUnavailable):
            await kept.ping()
        with pytest.raises(SessionsUnavailable):
            await kept.window("a")
        assert kept.usage().failed == 2
        with redis_server(tmp_path, port):
            await kept.ping()
            assert (await kept.window("a")).turns == ()
        with pytest.raises(SessionsUnavailable):
            await kept.append("a", turn(1), 1)
        with redis_server(tmp_path, port):
            assert (await kept.window("a")).turns == ()

    port = free_port()
    on(f"redis://127.0.0.1:{port}/0", work)


def test_an_answer_of_another_instance(url):
    answer = Answer("At nine.", [Hit(Document("1", "We open at nine.", {"n": 1}), 0.5)])

    async def work(client: Redis) -> None:
        one, two, other = (
            SharedAnswers(client, max_bytes=10**6, ttl_s=60, scope=[scope]) for scope in "aab"
        )
        key = one.key("When?", [])
        assert await two.find(key) is None
        await one.keep(key, answer)
        assert await two.find(key) == answer
        assert await other.find(other.key("When?", [])) is None

    on(url, work)


def test_without_redis_each_instance_has_its_own_answers():
    async def work(client: Redis) -> None:
        cache = SharedAnswers(client, max_bytes=10**6, ttl_s=60, scope=[])
        await cache.keep(b"k", Answer("At nine.", []))
        assert await cache.find(b"k") == Answer("At nine.", [])
        assert await cache.find(b"unknown") is None

    on(f"redis://127.0.0.1:{free_port()}/0", work)


def test_a_redis_that_hangs_is_waited_for_once(tmp_path, caplog):
    async def work(client: Redis) -> None:
        kept, rate = sessions(client), SharedRateLimit(client, per_minute=60)
        await kept.window("a")
        process.send_signal(signal.SIGSTOP)
        assert await rate.wait_s("b") == 0  # counted here in the meantime
        with pytest.raises(SessionsUnavailable):
            await kept.window("a")
        process.send_signal(signal.SIGCONT)
        client._again_at = 0.001  # the pause is over
        assert await kept.window("a") == await kept.window("a")

    with redis_server(tmp_path) as (address, process):
        on(address, work)
    assert caplog.messages == ["redis failed: TimeoutError", "redis failed: ConnectionError"]


def test_a_turn_that_redis_adds_after_it_hung_is_there_once_by_its_id(tmp_path):
    async def work(client: Redis) -> None:
        kept = sessions(client)
        born = (await kept.window("hung")).born
        await kept.append("hung", turn(0), born)  # so that Redis knows the script
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(SessionsUnavailable):  # the client is told of an error
            await kept.append("hung", turn(1, "t-1"), born)
        process.send_signal(signal.SIGCONT)
        client._again_at = 0.001  # the pause is over
        async with asyncio.timeout(30):  # what was sent is done nevertheless
            while len((await kept.window("hung")).turns) < 2:
                await asyncio.sleep(0.01)
        another = replace(turn(1, "t-1"), answer="made once more")
        assert await kept.append("hung", another, born) == turn(1, "t-1")
        assert (await kept.window("hung")).turns == (turn(0), turn(1, "t-1"))

    with redis_server(tmp_path) as (address, process):
        on(address, work)
