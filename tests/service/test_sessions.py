from __future__ import annotations

import asyncio
import gc
import tracemalloc
import warnings
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from service.memory_sessions import ENTRY_BYTES, MemorySessions
from service.sessions import (
    Turn,
    Usage,
    Window,
    is_session_id,
    new_session_id,
)
from service.turns import TurnIdUsed


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def sessions(**given: Any) -> MemorySessions:
    bounds = {"turns": 5, "max_sessions": 100, "max_bytes": 10**6, "ttl_s": 60.0}
    return MemorySessions(**{**bounds, **given})


def turn(n: int) -> Turn:
    return Turn(f"question {n}", f"answer {n}")


def test_nothing_is_known_at_first():
    kept = sessions()
    assert kept.usage() == Usage(0, 0, 0, 0)
    assert run(kept.delete("a")) is False


def test_an_unknown_session_begins_empty():
    kept = sessions()
    assert run(kept.window("a")) == run(kept.window("a")) == Window((), 1)
    assert kept.usage().count == 1


def test_a_first_turn_that_was_going_on_when_its_session_was_deleted_is_not_kept():
    kept = sessions()
    born = run(kept.window("a")).born
    assert run(kept.delete("a")) is True
    assert run(kept.append("a", turn(0), born)) is None
    assert kept.usage().count == 0


def test_the_last_turns_are_kept_and_nothing_older():
    kept = sessions(turns=2)
    for n in range(5):
        assert run(kept.append("a", turn(n), run(kept.window("a")).born))
    assert run(kept.window("a")).turns == (turn(3), turn(4))


def test_the_window_is_that_of_langchain():
    """ConversationBufferWindowMemory itself, which hides the older turns but keeps them."""
    from langchain_classic.memory import ConversationBufferWindowMemory

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated: that is what legacy bots use
        memory = ConversationBufferWindowMemory(k=5, return_messages=True)
    kept = sessions()
    for n in range(12):
        memory.save_context({"input": turn(n).question}, {"output": turn(n).answer})
        run(kept.append("a", turn(n), run(kept.window("a")).born))
        shown = [m.content for m in memory.load_memory_variables({})["history"]]
        ours = [text for t in run(kept.window("a")).turns for text in (t.question, t.answer)]
        assert ours == shown


def test_no_turns_no_memory():
    kept = sessions(turns=0)
    assert run(kept.window("a")) == Window((), 0)
    assert run(kept.append("a", turn(0), 0))
    assert kept.usage().count == 0


def test_concurrent_turns_of_one_session_are_both_there():
    kept = sessions()
    first, second = run(kept.window("a")), run(kept.window("a"))
    assert run(kept.append("a", turn(2), second.born))
    assert run(kept.append("a", turn(1), first.born))
    assert run(kept.window("a")).turns == (turn(2), turn(1))


def test_a_turn_that_was_going_on_when_its_session_was_deleted_is_not_kept():
    kept = sessions()
    run(kept.append("a", turn(0), 0))
    born = run(kept.window("a")).born
    assert run(kept.delete("a")) is True
    assert run(kept.append("a", turn(1), born)) is None
    assert kept.usage().count == 0
    run(kept.append("a", turn(2), 0))  # the id begins a new life
    assert run(kept.append("a", turn(1), born)) is None
    assert run(kept.window("a")).turns == (turn(2),)


def test_a_turn_that_is_sent_again_is_the_first_one():
    kept = sessions()
    first = Turn("How much?", "5", "t-1")
    assert run(kept.append("a", first, 0)) == first
    assert run(kept.append("a", Turn("How much?", "6", "t-1"), 0)) == first
    with pytest.raises(TurnIdUsed):
        run(kept.append("a", Turn("Why?", "So.", "t-1"), 0))
    assert run(kept.window("a")).turns == (first,)


def test_a_session_of_which_a_turn_is_made_is_not_dropped_for_others():
    kept = sessions(max_sessions=2)
    run(kept.append("a", turn(0), 0))
    with kept.using("a"):
        for name in "bcd":
            run(kept.append(name, turn(0), 0))
        assert kept.shed(1.0) == 1
        assert run(kept.window("a")).turns == (turn(0),)
    assert kept.usage() == Usage(1, kept.usage().bytes, 2, 0, 1)


@pytest.mark.parametrize(
    ("short", "gone"),
    [
        pytest.param(0, 2, id="nothing is lacking"),
        pytest.param(1, 2, id="less than a quarter"),
        pytest.param(4, 4, id="more"),
        pytest.param(7, 7, id="all that are idle"),
        pytest.param(8, 2, id="they would not do"),
    ],
)
def test_as_many_go_as_make_what_is_lacking(short, gone):
    kept = sessions(max_sessions=20)
    for name in "abcdefgh":
        run(kept.append(name, turn(0), 0))
    one = kept.usage().bytes // 8
    with kept.using("a"):
        assert kept.shed(0.25, short * one) == gone


def test_a_session_of_which_a_turn_is_made_does_not_expire():
    now = [0.0]
    kept = sessions(ttl_s=60, clock=lambda: now[0])
    run(kept.append("a", turn(0), 0))
    with kept.using("a"):
        window = run(kept.window("a"))
        run(kept.append("b", turn(0), 0))
        now[0] = 61
        kept.sweep()
        assert (kept.usage().count, kept.usage().expired) == (1, 1)
        assert run(kept.append("a", turn(1), window.born)) == turn(1)
    assert run(kept.window("a")).turns == (turn(0), turn(1))


def test_a_session_whose_first_turn_fails_leaves_nothing():
    kept = sessions(max_sessions=1)
    run(kept.append("a", turn(0), 0))
    with kept.using("a"), kept.using("b"):
        run(kept.window("b"))
    assert run(kept.window("a")).turns == (turn(0),)
    assert kept.usage().evicted == 0


def test_the_session_unused_for_longest_goes_first():
    kept = sessions(max_sessions=2)
    for name in ("a", "b"):
        run(kept.append(name, turn(0), 0))
    run(kept.window("a"))
    run(kept.append("c", turn(0), 0))
    assert kept.usage().evicted == 1
    assert [run(kept.delete(name)) for name in "abc"] == [True, False, True]


def test_sessions_unused_for_long_are_forgotten():
    now = 0.0
    kept = sessions(ttl_s=10, clock=lambda: now)
    run(kept.append("a", turn(0), 0))
    now = 9.9
    assert run(kept.window("a")).turns
    now = 19.8
    assert run(kept.window("a")).turns
    now = 29.9
    kept.sweep()
    assert kept.usage() == Usage(0, 0, 0, 1)


def test_a_session_larger_than_all_the_room_is_not_kept():
    kept = sessions(max_bytes=ENTRY_BYTES + 100)
    run(kept.append("a", Turn("?", "".join(map(chr, range(0x4E00, 0x5000)))), 0))
    assert kept.usage() == Usage(0, 0, 1, 0)


def test_bytes_are_counted_as_they_are_taken():
    count = 3000

    async def fill() -> tuple[MemorySessions, int]:
        kept = sessions(max_sessions=count, max_bytes=10**9)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for n in range(count):
                name = f"session-{n:014}"
                for _ in range(5):
                    await kept.append(name, turn(n), (await kept.window(name)).born)
            gc.collect()
            return kept, tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()

    kept, taken = run(fill())
    assert 0.9 * taken <= kept.usage().bytes <= 1.25 * taken


def test_ids():
    ids = {new_session_id() for _ in range(1000)}
    assert len(ids) == 1000
    # Among a thousand some begin with - or _.
    assert all(is_session_id(name) for name in ids)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        pytest.param("a", True, id="one letter"),
        pytest.param("3f2504e0-4f89-41d3-9a0c-0305e82c3301", True, id="uuid"),
        pytest.param("user.1_x~y", True, id="all signs"),
        pytest.param("x" * 64, True, id="64"),
        pytest.param("x" * 65, False, id="65"),
        pytest.param("", False, id="empty"),
        pytest.param("..", False, id="dots"),
        pytest.param("a/b", False, id="slash"),
        pytest.param("a b", False, id="blank"),
        pytest.param("a\n", False, id="newline"),
        pytest.param("é", False, id="accent"),
    ],
)
def test_which_ids_clients_may_choose(name, good):
    assert is_session_id(name) is good


class Against(RuleBasedStateMachine):
    """MemorySessions against lists: the same windows, in the same order of forgetting."""

    TURNS, MOST, TTL_S = 3, 4, 10.0
    names = st.sampled_from("abcdef")
    texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)

    @initialize()
    def begin(self) -> None:
        self.now = 0.0
        self.real = sessions(
            turns=self.TURNS, max_sessions=self.MOST, ttl_s=self.TTL_S, clock=lambda: self.now
        )
        self.model: dict[str, tuple[float, int, list[Turn]]] = {}  # the least recently used first
        self.held: dict[str, int] = {}  # windows that a turn was begun with
        self.births = 0

    @rule(name=names, question=texts, answer=texts)
    def whole_turn(self, name: str, question: str, answer: str) -> None:
        self.begin_turn(name)
        self.end_turn(name, question, answer)

    @rule(name=names)
    def begin_turn(self, name: str) -> None:
        self._sweep()
        window = run(self.real.window(name))
        self.held[name] = window.born
        if name not in self.model:
            self.births += 1
        _, born, turns = self.model.get(name, (0, self.births, []))
        assert (window.turns, window.born) == (tuple(turns), born)
        self._touch(name, born, turns)
        self._make_room()

    @precondition(lambda self: self.held)
    @rule(name=names, question=texts, answer=texts)
    def end_turn(self, name: str, question: str, answer: str) -> None:
        self._sweep()
        begun = self.held.get(name, 0)
        kept = run(self.real.append(name, Turn(question, answer), begun))
        _, born, turns = self.model.get(name, (0, 0, []))
        assert bool(kept) is (begun == 0 or begun == born)
        if not kept:
            return
        if not born:
            self.births += 1
            born = self.births
        self._touch(name, born, [*turns, Turn(question, answer)][-self.TURNS :])
        self._make_room()

    @rule(name=names)
    def delete(self, name: str) -> None:
        self._sweep()
        assert run(self.real.delete(name)) is (self.model.pop(name, None) is not None)

    @rule(seconds=st.floats(0, 12))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def same_size(self) -> None:
        self._sweep()
        self.real.sweep()
        usage = self.real.usage()
        assert usage.count == len(self.model) <= self.MOST
        assert (usage.bytes == 0) is (usage.count == 0)

    def _touch(self, name: str, born: int, turns: list[Turn]) -> None:
        self.model.pop(name, None)
        self.model[name] = (self.now, born, turns)

    def _make_room(self) -> None:
        if len(self.model) > self.MOST:
            del self.model[next(iter(self.model))]

    def _sweep(self) -> None:
        oldest = self.now - self.TTL_S
        self.model = {name: kept for name, kept in self.model.items() if kept[0] > oldest}


TestAgainst = Against.TestCase
TestAgainst.settings = settings(deadline=None, max_examples=40, stateful_step_count=30)
