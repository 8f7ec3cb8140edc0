from __future__ import annotations

import asyncio
import pickle
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from tools.migrate.runtime.session_history import WindowHistory

MADE = {
    "s": lambda text: SystemMessage(content=text),
    "h": lambda text: HumanMessage(content=text),
    "a": lambda text: AIMessage(content=text),
    "t": lambda text: ToolMessage(content=text, tool_call_id="1"),
}


def history(letters: str, k: int) -> WindowHistory:
    """One message for each letter: system, human, ai, tool."""
    made = WindowHistory(k=k)
    for number, letter in enumerate(letters):
        made.add_message(MADE[letter](str(number)))
    return made


def kept(letters: str, k: int) -> list[int]:
    return [int(message.content) for message in history(letters, k).messages]


@pytest.mark.parametrize(
    ("letters", "numbers"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("haha", [0, 1, 2, 3], id="no more than k turns"),
        pytest.param("hahaha", [2, 3, 4, 5], id="one turn more"),
        pytest.param("shahaha", [0, 3, 4, 5, 6], id="the instructions stay"),
        pytest.param("ahaha", [1, 2, 3, 4], id="a greeting goes with the first turns"),
        pytest.param("aha", [0, 1, 2], id="a greeting is there at first"),
        pytest.param("hatahaha", [4, 5, 6, 7], id="no tool's result without its question"),
        pytest.param("hahah", [2, 3, 4], id="a question that waits for its answer"),
        pytest.param("aaaaa", [1, 2, 3, 4], id="answers alone"),
    ],
)
def test_two_turns_are_kept(letters: str, numbers: list[int]) -> None:
    assert kept(letters, 2) == numbers


@given(st.integers(0, 2), st.text("hat", max_size=40), st.integers(0, 4))
def test_what_is_kept_is_the_end_in_order(instructions: int, letters: str, k: int) -> None:
    numbers = kept("s" * instructions + letters, k)
    first, rest = numbers[:instructions], numbers[instructions:]
    everything = list(range(instructions + len(letters)))
    assert first + rest == everything[:instructions] + everything[len(everything) - len(rest) :]
    assert len(rest) <= 2 * k


def test_messages_that_it_begins_with() -> None:
    messages = [HumanMessage(content="q"), AIMessage(content="a")]
    assert WindowHistory(messages=messages).messages == messages


def test_asynchronously_as_well() -> None:
    made = WindowHistory(k=1)
    asyncio.run(made.aadd_messages([HumanMessage(content=str(n)) for n in range(5)]))
    assert [m.content for m in asyncio.run(made.aget_messages())] == ["3", "4"]


@pytest.mark.parametrize("copy", [deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_copy_has_a_life_of_its_own(copy) -> None:
    made = history("ha", 2)
    other = copy(made)
    other.add_user_message("new")
    assert (len(made.messages), len(other.messages)) == (2, 3)
