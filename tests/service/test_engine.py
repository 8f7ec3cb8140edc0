from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from types import SimpleNamespace

import pytest

from service.answer_cache import AnswerCache
from service.answers import (
    CutShort,
    Overloaded,
    Sampling,
    SharedFailure,
    UpstreamError,
    UpstreamTimeout,
)
from service.engine import Engine
from service.extractive import Extractive
from service.follow_ups import Find
from service.memory_sessions import MemorySessions
from service.retriever import Retriever
from service.sessions import Turn
from service.turn_events import Done, Sources, Token
from service.turns import TurnIdUsed
from vectorstore.base import Hit


class Slow:
    """Answers in two pieces, each when it is let; fails where it is told to."""

    def __init__(self) -> None:
        self.go_on = asyncio.Semaphore(0)
        self.begun = asyncio.Semaphore(0)
        self.fail: Exception | None = None
        self.cut_short: CutShort | None = None
        self.timeout_s: float | None = None
        self.histories: list[list[str]] = []

    async def look_up(self, question: str, history: Sequence[Turn], find: Find) -> list[Hit]:
        return await find(question)

    def depends_on(
        self, question: str, history: Sequence[Turn], sampling: Sampling
    ) -> Sequence[str]:
        return [turn.question for turn in history]

    async def answer(
        self, question: str, sources: Sequence[Hit], history: Sequence[Turn], sampling: Sampling
    ) -> AsyncGenerator[str | CutShort, None]:
        self.histories.append([turn.question for turn in history])
        self.begun.release()
        yield "re: "
        await self.go_on.acquire()
        if self.fail:
            raise self.fail
        yield question
        if self.cut_short:
            yield self.cut_short

    async def close(self) -> None:
        pass


@pytest.fixture
def retriever(embedder, store):
    retriever = Retriever(embedder, store, top_k=4, workers=2)
    yield retriever
    retriever.close()


def no_cache() -> AnswerCache:
    return AnswerCache(max_bytes=0, ttl_s=60, scope=[])


def sessions() -> MemorySessions:
    return MemorySessions(turns=5, max_sessions=100, max_bytes=10**6, ttl_s=60)


def test_a_turn_as_it_happens(retriever):
    async def ask() -> None:
        kept = sessions()
        engine = Engine(retriever, Extractive(min_score=0.38), kept, no_cache(), max_in_flight=1)
        events = [event async for event in engine.ask("do you take paypal?", "a")]
        sources, token, done = events
        assert isinstance(sources, Sources)
        assert isinstance(token, Token)
        assert isinstance(done, Done)
        assert sources.hits == done.hits
        assert token.text == done.answer
        assert (done.session_id, done.cached) == ("a", False)
        assert (await kept.window("a")).turns == (Turn("do you take paypal?", done.answer),)

    asyncio.run(ask())


def test_concurrent_turns_of_one_session_are_all_kept_and_whole(retriever):
    async def ask() -> None:
        slow, kept = Slow(), sessions()
        engine = Engine(retriever, slow, kept, no_cache(), max_in_flight=10)
        asked = [f"question {n}" for n in range(5)]
        turns = [asyncio.create_task(engine.answer(question, "a")) for question in asked]
        for _ in asked:
            await slow.begun.acquire()
        for _ in asked:
            slow.go_on.release()
        await asyncio.gather(*turns)
        remembered = (await kept.window("a")).turns
        assert sorted(turn.question for turn in remembered) == asked
        assert all(turn.answer == f"re: {turn.question}" for turn in remembered)
        assert slow.histories == [[]] * 5

    asyncio.run(ask())


def test_a_turn_that_is_sent_again_while_it_is_made_is_made_once(retriever):
    async def ask() -> None:
        slow, kept = Slow(), sessions()
        engine = Engine(retriever, slow, kept, no_cache(), max_in_flight=10)
        turns = [asyncio.create_task(engine.answer("one?", "a", "t-1")) for _ in range(3)]
        await slow.begun.acquire()
        slow.go_on.release()
        answers = [await turn for turn in turns]
        assert [done.answer for done in answers] == ["re: one?"] * 3
        assert [done.cached for done in answers] == [False, True, True]
        assert len(slow.histories) == 1
        assert len((await kept.window("a")).turns) == 1

    asyncio.run(ask())


def test_the_id_of_another_question_is_refused(retriever):
    async def ask() -> None:
        kept = sessions()
        engine = Engine(retriever, Extractive(min_score=0.38), kept, no_cache(), max_in_flight=1)
        await engine.answer("do you take paypal?", "a", "t-1")
        with pytest.raises(TurnIdUsed):
            await engine.answer("how much is shipping?", "a", "t-1")
        assert len((await kept.window("a")).turns) == 1

    asyncio.run(ask())


def test_the_next_turn_sees_the_ones_before(retriever):
    async def ask() -> None:
        slow = Slow()
        engine = Engine(retriever, slow, sessions(), no_cache(), max_in_flight=1)
        for question in ("one", "two", "three"):
            slow.go_on.release()
            await engine.answer(question, "a")
        slow.go_on.release()
        await engine.answer("another visitor", "b")
        assert slow.histories == [[], ["one"], ["one", "two"], []]

    asyncio.run(ask())


def test_too_many_are_turned_away_and_the_others_finish(retriever):
    async def ask() -> None:
        slow = Slow()
        engine = Engine(retriever, slow, sessions(), no_cache(), max_in_flight=2)
        running = [asyncio.create_task(engine.answer("?", None)) for _ in range(2)]
        for _ in running:
            await slow.begun.acquire()
        with pytest.raises(Overloaded):
            await asyncio.wait_for(engine.answer("?", None), 30)
        assert engine.in_flight == 2
        for _ in running:
            slow.go_on.release()
        assert {done.answer for done in await asyncio.gather(*running)} == {"re: ?"}
        assert engine.in_flight == 0

    asyncio.run(ask())


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_what_is_cut_short_is_remembered_as_it_was_shown_but_not_kept_for_others(retriever, reason):
    async def ask() -> None:
        slow, kept = Slow(), sessions()
        slow.cut_short = CutShort(reason)
        cache = AnswerCache(max_bytes=10**6, ttl_s=60, scope=[])
        engine = Engine(retriever, slow, kept, cache, max_in_flight=1)
        for session in ("a", "b"):
            slow.go_on.release()
            done = await engine.answer("?", session, "t-1")
            assert (done.answer, done.finish_reason, done.cached) == ("re: ?", reason, False)
            assert (await kept.window(session)).turns == (Turn("?", "re: ?", "t-1", reason),)
            again = await engine.answer("?", session, "t-1")
            assert (again.answer, again.finish_reason, again.cached) == ("re: ?", reason, True)
        assert cache.usage().count == 0

    asyncio.run(ask())


def test_a_turn_that_fails_is_not_remembered(retriever):
    async def ask() -> None:
        slow, kept = Slow(), sessions()
        slow.fail = UpstreamError("no", "error")
        slow.go_on.release()
        engine = Engine(retriever, slow, kept, no_cache(), max_in_flight=1)
        with pytest.raises(UpstreamError):
            await engine.answer("?", "a")
        assert (engine.in_flight, (await kept.window("a")).turns) == (0, ())

    asyncio.run(ask())


def test_a_turn_that_is_left_half_way_is_not_remembered(retriever):
    async def ask() -> None:
        slow, kept = Slow(), sessions()
        engine = Engine(retriever, slow, kept, no_cache(), max_in_flight=1)
        async with aclosing(engine.ask("?", "a")) as events:
            async for event in events:
                if isinstance(event, Token):
                    break
        assert (engine.in_flight, (await kept.window("a")).turns) == (0, ())

    asyncio.run(ask())


def test_a_conversation_deleted_while_its_answer_comes_stays_deleted(retriever):
    async def ask() -> None:
        slow, kept = Slow(), sessions()
        engine = Engine(retriever, slow, kept, no_cache(), max_in_flight=2)
        slow.go_on.release()
        await engine.answer("one", "a")
        await slow.begun.acquire()
        second = asyncio.create_task(engine.answer("two", "a"))
        await slow.begun.acquire()
        assert await kept.delete("a")
        slow.go_on.release()
        assert (await second).answer == "re: two"
        assert kept.usage().count == 0

    asyncio.run(ask())


def caching(retriever, slow: Slow) -> Engine:
    cache = AnswerCache(max_bytes=10**6, ttl_s=60, scope=[])
    return Engine(retriever, slow, sessions(), cache, max_in_flight=10)


def test_who_asks_the_same_gets_the_same_answer_without_asking_for_it(retriever):
    async def ask() -> None:
        slow = Slow()
        engine = caching(retriever, slow)
        slow.go_on.release()
        first = await engine.answer("one", "a")
        second = await engine.answer(" one ", "b")
        assert (first.cached, second.cached) == (False, True)
        assert (second.answer, second.hits, second.session_id) == (first.answer, first.hits, "b")
        slow.go_on.release()
        assert not (await engine.answer("one", "a")).cached  # now after another turn
        slow.go_on.release()
        assert (await engine.answer("two", "b")).answer == "re: two"
        assert slow.histories == [[], ["one"], [" one "]]  # a cached turn is remembered, too

    asyncio.run(ask())


def test_equal_questions_at_the_same_time_are_asked_once(retriever):
    async def ask() -> None:
        slow = Slow()
        engine = caching(retriever, slow)
        asked = [asyncio.create_task(engine.answer("one", None)) for _ in range(5)]
        await slow.begun.acquire()
        slow.go_on.release()
        assert sorted(done.cached for done in await asyncio.gather(*asked)) == [False, *[True] * 4]
        assert len(slow.histories) == 1

    asyncio.run(ask())


def test_when_the_one_that_was_asked_fails_so_do_those_who_wait_for_it(retriever):
    async def ask() -> None:
        slow = Slow()
        slow.fail = UpstreamError("no", "error")
        engine = caching(retriever, slow)
        asked = [asyncio.create_task(engine.answer("one", None)) for _ in range(3)]
        for _ in range(3):
            slow.go_on.release()
        failed = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(error) for error in failed] == [UpstreamError] * 3
        assert len(slow.histories) == 1
        slow.fail = None
        assert not (await engine.answer("one", None)).cached

    asyncio.run(asyncio.wait_for(ask(), 30))


def test_an_unexpected_failure_keeps_its_traceback_and_is_shared_as_one(retriever):
    async def ask() -> None:
        slow = Slow()
        slow.fail = RuntimeError("no")
        engine = caching(retriever, slow)
        asked = [asyncio.create_task(engine.answer("one", None)) for _ in range(3)]
        slow.go_on.release()
        first, *others = await asyncio.gather(*asked, return_exceptions=True)
        assert first is slow.fail
        frames = [frame.name for frame in traceback.extract_tb(slow.fail.__traceback__)]
        # From where it was asked to where it failed, and nothing of those who waited.
        assert (frames[-1], "_made" in frames, "_share" in frames) == ("answer", True, False)
        assert [type(error) for error in others] == [SharedFailure] * 2

    asyncio.run(asyncio.wait_for(ask(), 30))


def test_when_the_one_that_was_asked_is_left_one_of_those_who_wait_asks(retriever):
    async def ask() -> None:
        slow = Slow()
        engine = caching(retriever, slow)
        first, *others = [asyncio.create_task(engine.answer("one", None)) for _ in range(4)]
        await slow.begun.acquire()
        first.cancel()
        await slow.begun.acquire()
        slow.go_on.release()
        assert sorted(done.cached for done in await asyncio.gather(*others)) == [False, True, True]
        assert len(slow.histories) == 2

    asyncio.run(asyncio.wait_for(ask(), 30))


def test_who_makes_an_answer_that_another_left_has_the_time_left_since_he_came(
    retriever, monkeypatch
):
    now = [0.0]
    monkeypatch.setattr("service.engine.time", SimpleNamespace(perf_counter=lambda: now[0]))

    async def ask() -> None:
        slow = Slow()
        slow.timeout_s = 60
        engine = caching(retriever, slow)
        asked = []
        for second in (0, 10, 50):
            now[0] = second
            asked.append(asyncio.create_task(engine.answer("one", None)))
            await asyncio.sleep(0)
        await slow.begun.acquire()
        now[0] = 75
        asked[0].cancel()
        with pytest.raises(UpstreamTimeout):  # he came 65 s ago
            await asked[1]
        # And the one who came 25 s ago does not share that, but makes it.
        await slow.begun.acquire()
        slow.go_on.release()
        done = await asked[2]
        assert (done.answer, done.cached) == ("re: one", False)

    asyncio.run(asyncio.wait_for(ask(), 30))


def test_those_who_wait_for_the_same_answer_take_no_places(retriever):
    async def ask() -> None:
        slow = Slow()
        cache = AnswerCache(max_bytes=10**6, ttl_s=60, scope=[])
        engine = Engine(retriever, slow, sessions(), cache, max_in_flight=2)
        same = [asyncio.create_task(engine.answer("one", None)) for _ in range(3)]
        await slow.begun.acquire()
        with pytest.raises(Overloaded):  # as many may wait as may work
            await engine.answer("one", None)
        other = asyncio.create_task(engine.answer("two", None))
        await slow.begun.acquire()
        for _ in range(2):
            slow.go_on.release()
        assert (await other).answer == "re: two"
        assert {done.answer for done in await asyncio.gather(*same)} == {"re: one"}
        usage = cache.usage()
        assert (usage.hits, usage.misses) == (2, 2)

    asyncio.run(asyncio.wait_for(ask(), 30))


def test_an_answer_cut_short_is_shared_by_those_who_waited_but_not_kept(retriever):
    async def ask() -> None:
        slow = Slow()
        slow.cut_short = CutShort("length")
        engine = caching(retriever, slow)
        asked = [asyncio.create_task(engine.answer("one", None)) for _ in range(3)]
        await slow.begun.acquire()
        slow.go_on.release()
        done = await asyncio.gather(*asked)
        assert [one.finish_reason for one in done] == ["length"] * 3
        slow.go_on.release()
        assert not (await engine.answer("one", None)).cached

    asyncio.run(asyncio.wait_for(ask(), 30))


def test_half_an_answer_is_not_kept(retriever):
    async def ask() -> None:
        slow = Slow()
        engine = caching(retriever, slow)
        async with aclosing(engine.ask("one", "a")) as events:
            async for event in events:
                if isinstance(event, Token):
                    break
        slow.go_on.release()
        assert not (await engine.answer("one", "b")).cached

    asyncio.run(ask())


def test_a_reply_remembers_nothing(retriever):
    async def ask() -> None:
        slow, kept = Slow(), sessions()
        engine = Engine(retriever, slow, kept, no_cache(), max_in_flight=1)
        slow.go_on.release()
        events = [event async for event in engine.reply("two", [Turn("one", "1")])]
        assert isinstance(events[-1], Done)
        assert (events[-1].answer, events[-1].session_id) == ("re: two", "")
        assert (slow.histories, kept.usage().count) == ([["one"]], 0)

    asyncio.run(ask())


def test_a_known_answer_is_told_however_many_wait_for_a_slow_model(retriever):
    async def ask() -> None:
        slow, cache = Slow(), AnswerCache(max_bytes=10**6, ttl_s=60, scope=[])
        engine = Engine(retriever, slow, sessions(), cache, max_in_flight=1)
        slow.go_on.release()
        known = await engine.answer("known", None)
        other = asyncio.create_task(engine.answer("other", None))
        await slow.begun.acquire()
        await slow.begun.acquire()
        with pytest.raises(Overloaded):
            await engine.answer("a third", None)
        again = await engine.answer("known", None)
        assert (again.answer, again.cached) == (known.answer, True)
        assert not other.done()
        slow.go_on.release()
        await other

    asyncio.run(ask())
