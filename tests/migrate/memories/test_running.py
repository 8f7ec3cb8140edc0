from __future__ import annotations

import sys

import pytest

from tests.migrate.memories.running import converted
from tools.migrate.rules import memory

BUFFER = "from langchain_classic.memory import ConversationBufferMemory\n"
FAKE = "from langchain_core.language_models.fake import FakeListLLM\nllm = FakeListLLM(responses=['ok'])\n"


def talk(kept, turns=50):
    for number in range(turns):
        kept.save_context({"q": f"q{number}"}, {"a": f"a{number}"})


def said(kept):
    return [message.content for message in kept.chat_memory.messages]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(f"{BUFFER}m = ConversationBufferMemory()\n", id="plain"),
        pytest.param(
            f"from collections import defaultdict\n{BUFFER}"
            "m = defaultdict(ConversationBufferMemory)['x']\n",
            id="defaultdict",
        ),
        pytest.param(
            f"from dataclasses import dataclass, field\n{BUFFER}"
            "@dataclass\nclass Chat:\n"
            "    memory: ConversationBufferMemory = field(default_factory=ConversationBufferMemory)\n"
            "m = Chat().memory\n",
            id="a field",
        ),
        pytest.param(
            f"from functools import partial\n{BUFFER}"
            "m = partial(ConversationBufferMemory, input_key='q')()\n",
            id="partial",
        ),
        pytest.param(
            f"{BUFFER}class Memory(ConversationBufferMemory):\n    found: list = []\n"
            "    def __init__(self, **fields):\n        super().__init__(**fields)\n"
            "        self.found = [1]\n"
            "    def save_context(self, inputs, outputs):\n"
            "        super().save_context(inputs, outputs)\n"
            "m = Memory(return_messages=True)\n",
            id="a class of its own",
        ),
        pytest.param(
            f"from langchain_core.chat_history import InMemoryChatMessageHistory\n{BUFFER}"
            "h = InMemoryChatMessageHistory()\nm = ConversationBufferMemory(chat_memory=h)\n",
            id="a history of its own",
        ),
        pytest.param(
            "from langchain_classic.memory import ConversationBufferWindowMemory\n"
            "K = '5'\nm = ConversationBufferWindowMemory(k=K)\n",
            id="a window with a k from the environment",
        ),
        pytest.param(
            f"{FAKE}from langchain_classic.chains import ConversationChain\n"
            "m = ConversationChain(llm=llm).memory\n",
            id="a chain's own",
        ),
    ],
)
def test_after_fifty_turns_five_are_kept(tmp_path, source):
    with converted(tmp_path, source, memory) as names:
        talk(names["m"])
        assert said(names["m"]) == [f"{who}{n}" for n in range(45, 50) for who in "qa"]


def test_what_a_program_does_with_its_memory_goes_on_working(tmp_path):
    source = f"""\
        {BUFFER.strip()}
        m = ConversationBufferMemory(
            memory_key="h", input_key="q", output_key="a", human_prefix="Visitor", ai_prefix="Bot"
        )
        m.chat_memory.add_user_message("hello")
        m.chat_memory.add_ai_message("hi")
        m.save_context({{"q": "in", "other": 1}}, {{"a": "out", "sources": []}})
        text, string, loaded = m.buffer, m.buffer_as_str, m.load_memory_variables({{}})
        messages = [x.type for x in m.chat_memory.messages]
        variables = m.memory_variables
        m.clear()
        empty = m.buffer
        """
    with converted(tmp_path, source, memory) as names:
        told = "Visitor: hello\nBot: hi\nVisitor: in\nBot: out"
        assert (names["text"], names["string"], names["loaded"]) == (told, told, {"h": told})
        assert names["messages"] == ["human", "ai"] * 2
        assert (names["variables"], names["empty"]) == (["h"], "")


def test_messages_a_history_begins_with_are_there(tmp_path):
    source = (
        "from langchain_core.chat_history import InMemoryChatMessageHistory as H\n"
        f"from langchain_core.messages import HumanMessage\n{BUFFER}"
        "m = ConversationBufferMemory(chat_memory=H(messages=[HumanMessage('before')]))\n"
    )
    with converted(tmp_path, source, memory) as names:
        assert said(names["m"]) == ["before"]


def test_two_visitors_do_not_see_each_others_turns(tmp_path):
    with converted(tmp_path, f"{BUFFER}m = ConversationBufferMemory()\n", memory) as names:
        current = sys.modules["fit512_runtime.sessions"].current_session
        for visitor in ("anna", "ben") * 2:
            token = current.set(visitor)
            names["m"].save_context({"q": visitor}, {"a": "ok"})
            current.reset(token)
        for visitor in ("anna", "ben"):
            token = current.set(visitor)
            assert said(names["m"]) == [visitor, "ok"] * 2
            current.reset(token)


def test_a_summary_is_the_same_and_keeps_one_turn(tmp_path):
    source = f"{FAKE}from langchain_classic.memory import ConversationSummaryMemory\n"
    source += "m = ConversationSummaryMemory(llm=llm)\n"
    with converted(tmp_path, source, memory) as names:
        talk(names["m"], 3)
        assert names["m"].load_memory_variables({}) == {"history": "ok"}
        assert said(names["m"]) == ["q2", "a2"]
