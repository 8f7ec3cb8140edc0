from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest
from langchain_classic.memory import ConversationBufferWindowMemory
from langchain_core.messages import AIMessage, HumanMessage

from service.langchain_memory import window_memory
from service.langchain_turn import CurrentTurn, next_within, turns
from service.memory_sessions import MemorySessions
from service.sessions import Turn


def langchains_own(k: int) -> ConversationBufferWindowMemory:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return ConversationBufferWindowMemory(k=k, memory_key="chat_history", return_messages=True)


async def seen(memory: Any, turn: CurrentTurn) -> Any:
    """What the memory shows within `turn`."""

    async def items():
        yield memory.load_memory_variables({})

    return await next_within(turn, items())


@pytest.mark.parametrize("k", [0, 1, 5])
def test_turn_by_turn_it_shows_what_langchains_own_shows_and_no_more_is_kept(k):
    async def talk() -> None:
        memory = window_memory(k)
        kept = MemorySessions(turns=k, max_sessions=10, max_bytes=10**6, ttl_s=60)
        own = {name: langchains_own(k) for name in ("a", "b")}
        sizes = []
        for n in range(30):
            name = "ab"[n % 3 == 0]
            window = await kept.window(name)
            expected = own[name].load_memory_variables({})
            assert await seen(memory, CurrentTurn.after(window.turns)) == expected
            assert len(window.turns) <= k
            own[name].save_context({"input": f"question {n}"}, {"output": f"answer {n}"})
            await kept.append(name, Turn(f"question {n}", f"answer {n}"), window.born)
            sizes.append(kept.usage().bytes)
        assert len(own["a"].chat_memory.messages) == 40  # LangChain's own only hides them
        assert max(sizes[15:]) - min(sizes[15:]) < 50

    asyncio.run(talk())


def test_what_a_chain_saves_is_seen_in_its_turn_only():
    async def talk() -> None:
        memory = window_memory(5)
        said = CurrentTurn.after([Turn("one?", "1")])

        async def items():
            memory.save_context({"question": "two?"}, {"answer": "2"})
            yield memory.buffer
            await memory.aclear()
            yield await memory.chat_memory.aget_messages()

        chain = items()
        messages = [HumanMessage("one?"), AIMessage("1"), HumanMessage("two?"), AIMessage("2")]
        assert await next_within(said, chain) == messages
        assert await next_within(said, chain) == []
        assert await next_within(said, chain) is None
        assert await seen(memory, CurrentTurn()) == {"chat_history": []}

    asyncio.run(talk())


def test_turns_at_the_same_time_do_not_see_each_other():
    async def talk() -> None:
        memory = window_memory(5)
        both = asyncio.Barrier(2)

        async def items():
            await both.wait()
            yield [message.text for message in memory.buffer]

        async def ask(name: str) -> Any:
            return await next_within(CurrentTurn.after([Turn(name, name)]), items())

        assert await asyncio.gather(ask("a"), ask("b")) == [["a", "a"], ["b", "b"]]
        assert memory.buffer == []

    asyncio.run(talk())


def test_messages_are_turns_again():
    said = [Turn("one?", "1"), Turn("two?", "2")]
    assert turns(CurrentTurn.after(said).history) == said
