from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import warnings
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from tools.migrate.runtime import session_history, sessions
from tools.migrate.runtime.session_history import SessionHistory
from tools.migrate.runtime.window_memory import WindowMemory, _Window

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the deprecation, said once by the class itself
    _Window()

text = st.text(max_size=12)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("turn"), text, text),
        st.tuples(st.just("user"), text),
        st.tuples(st.just("ai"), text),
        st.tuples(st.just("system"), text),
        st.tuples(st.just("clear")),
    ),
    max_size=25,
)
fields = st.fixed_dictionaries(
    {"k": st.integers(-1, 4), "return_messages": st.booleans()},
    optional={
        "memory_key": st.sampled_from(["history", "chat_history"]),
        "human_prefix": st.just("Visitor"),
        "ai_prefix": st.just("Bot"),
    },
)


def do(memory: Any, operation: tuple[str, ...]) -> None:
    name, *args = operation
    if name == "turn":
        memory.save_context({"question": args[0]}, {"answer": args[1]})
    elif name == "user":
        memory.chat_memory.add_user_message(args[0])
    elif name == "ai":
        memory.chat_memory.add_ai_message(args[0])
    elif name == "system":
        memory.chat_memory.add_message(SystemMessage(content=args[0]))
    else:
        memory.clear()


def turns(memory: Any, count: int) -> None:
    for number in range(count):
        memory.save_context({"q": f"q{number}"}, {"a": f"a{number}"})


def contents(memory: Any) -> list[str]:
    return [message.content for message in memory.chat_memory.messages]


@given(operations, fields)
def test_shows_what_langchains_window_shows_and_keeps_no_more(
    steps: list[Any], kwargs: dict[str, Any]
) -> None:
    ours, theirs = WindowMemory(**kwargs), _Window(**kwargs)
    for step in steps:
        do(ours, step)
        do(theirs, step)
        assert ours.load_memory_variables({}) == theirs.load_memory_variables({})
        assert ours.buffer == theirs.buffer
        assert ours.buffer_as_str == theirs.buffer_as_str
        assert ours.buffer_as_messages == theirs.buffer_as_messages
        assert ours.memory_variables == theirs.memory_variables
        assert len(ours.chat_memory.messages) <= max(kwargs["k"], 0) * 2


@given(st.lists(st.tuples(st.sampled_from("abc"), text, text), max_size=30))
def test_each_session_has_the_window_it_would_have_alone(steps: list[tuple[str, str, str]]) -> None:
    ours = WindowMemory(k=2)
    theirs = {name: _Window(k=2) for name in "abc"}
    for name, question, answer in steps:
        token = sessions.current_session.set(name)
        do(ours, ("turn", question, answer))
        do(theirs[name], ("turn", question, answer))
        assert ours.buffer == theirs[name].buffer
        sessions.current_session.reset(token)


def test_langchains_own_keeps_everything() -> None:
    memory = _Window(k=1)
    turns(memory, 5)
    assert len(memory.chat_memory.messages) == 10


def test_keys_choose_what_is_saved() -> None:
    memory = WindowMemory(k=1, input_key="q", output_key="a")
    memory.save_context({"q": "in", "other": "x"}, {"a": "out", "sources": "y"})
    assert memory.buffer == "Human: in\nAI: out"


def test_two_outputs_without_a_key_are_refused_as_langchain_does() -> None:
    with pytest.raises(ValueError, match="output key"):
        WindowMemory().save_context({"q": "in"}, {"a": "out", "sources": "y"})


def test_k_can_be_changed_later() -> None:
    memory = WindowMemory(k=3)
    turns(memory, 3)
    memory.k = 1
    assert contents(memory) == ["q2", "a2"]
    memory.k = 2
    turns(memory, 3)
    assert contents(memory) == ["q1", "a1", "q2", "a2"]


def test_messages_is_a_live_list_as_in_langchain() -> None:
    memory = WindowMemory(k=1)
    memory.chat_memory.messages.append(HumanMessage(content="one"))
    memory.chat_memory.messages.extend([AIMessage(content="two"), HumanMessage(content="three")])
    assert contents(memory) == ["two", "three"]
    memory.chat_memory.messages = [HumanMessage(content="set")]
    assert contents(memory) == ["set"]
    memory.chat_memory.messages.pop()
    assert contents(memory) == []


def test_async_variants() -> None:
    async def talk() -> None:
        memory = WindowMemory(k=1, return_messages=True)
        for number in range(3):
            await memory.asave_context({"q": f"q{number}"}, {"a": f"a{number}"})
        assert contents(memory) == ["q2", "a2"]
        assert await memory.aload_memory_variables({}) == memory.load_memory_variables({})
        assert await memory.abuffer() == memory.buffer == await memory.abuffer_as_messages()
        assert await memory.abuffer_as_str() == "Human: q2\nAI: a2"
        assert await memory.chat_memory.aget_messages() == memory.chat_memory.messages
        await memory.aclear()
        assert contents(memory) == []

    asyncio.run(talk())


def test_a_history_that_is_passed_in_is_left_alone() -> None:
    history = type(_Window().chat_memory)()
    memory = WindowMemory(k=1, chat_memory=history)
    turns(memory, 3)
    assert len(history.messages) == 6
    assert memory.buffer == "Human: q2\nAI: a2"


def test_a_greeting_given_before_the_first_request_greets_every_session() -> None:
    memory = WindowMemory(k=2)
    memory.chat_memory.add_ai_message("hello")
    for name in ("a", "b"):
        token = sessions.current_session.set(name)
        assert contents(memory) == ["hello"]
        memory.chat_memory.add_user_message(name)
        assert contents(memory) == ["hello", name]
        sessions.current_session.reset(token)
    assert contents(memory) == ["hello"]


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(deepcopy, id="deepcopy"),
        pytest.param(lambda memory: pickle.loads(pickle.dumps(memory)), id="pickle"),
        pytest.param(lambda memory: deepcopy({"chain": [memory]})["chain"][0], id="in a chain"),
    ],
)
def test_a_deep_copy_goes_on_by_itself(twin: Any) -> None:
    memory = WindowMemory(k=2, per_session=False, memory_key="h")
    turns(memory, 1)
    other = twin(memory)
    other.save_context({"q": "mine"}, {"a": "own"})
    assert contents(memory) == ["q0", "a0"]
    assert contents(other) == ["q0", "a0", "mine", "own"]
    turns(other, 3)
    assert contents(other) == ["q1", "a1", "q2", "a2"]
    assert (other.memory_key, other.per_session) == ("h", False)


def test_a_deep_copy_keeps_the_sessions_apart() -> None:
    history = SessionHistory(k=1)
    in_session("a", history, "one")
    twin = deepcopy(history)
    assert in_session("a", twin, "two") == ["one", "two"]
    assert in_session("b", twin) == []
    assert in_session("a", history) == ["one"]


def test_one_window_for_all_when_asked() -> None:
    memory = WindowMemory(k=2, per_session=False)
    for name in ("a", "b"):
        token = sessions.current_session.set(name)
        memory.chat_memory.add_user_message(name)
        sessions.current_session.reset(token)
    assert contents(memory) == ["a", "b"]


def in_session(name: str, history: SessionHistory, *added: str) -> list[str]:
    token = sessions.current_session.set(name)
    try:
        for content in added:
            history.add_user_message(content)
        return [message.content for message in history.messages]
    finally:
        sessions.current_session.reset(token)


def test_too_many_sessions_the_longest_unused_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_history, "MAX_SESSIONS", 2)
    history = SessionHistory()
    in_session("a", history, "1")
    in_session("b", history, "1")
    in_session("a", history)
    in_session("c", history, "1")
    assert list(history._sessions) == ["a", "c"]
    assert in_session("b", history) == []


def test_too_many_bytes_the_longest_unused_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_history, "MAX_BYTES", 10_000)
    history = SessionHistory()
    in_session("a", history, "x" * 4000)
    in_session("b", history, "x" * 6000)
    assert list(history._sessions) == ["b"]
    assert in_session("b", history, "y" * 3000) == ["y" * 3000]
    assert in_session("b", history, "z" * 20_000) == []


def test_an_idle_session_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    history = SessionHistory(clock=lambda: now)
    in_session("a", history, "1")
    in_session("b", history, "1")
    now = session_history.IDLE_S
    assert in_session("a", history) == ["1"]
    now += 1
    assert list(history._sessions) == ["b", "a"]
    assert in_session("c", history) == []
    assert list(history._sessions) == ["a", "c"]
    now += session_history.IDLE_S
    assert in_session("a", history) == []


def test_a_thread_without_context_is_no_common_room(caplog: pytest.LogCaptureFixture) -> None:
    memory = WindowMemory(k=2)
    sessions.SessionMiddleware(app=None)
    seen: list[list[str]] = []

    def work() -> None:
        turns(memory, 1)
        seen.append(contents(memory))

    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    assert seen == [[], []]
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "Chat memory used outside a request's context"
    ]


def test_many_threads_in_one_session_lose_nothing() -> None:
    memory = WindowMemory(k=500, per_session=False)
    threads = [threading.Thread(target=turns, args=(memory, 50)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(contents(memory)) == sorted([f"{who}{n}" for n in range(50) for who in "qa"] * 8)


def test_no_warning_is_printed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        memory = WindowMemory(k=1)
        turns(memory, 2)
        assert memory.buffer
