from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tests.migrate.memories.running import converted
from tools.migrate.rules import histories
from tools.migrate.settings import Settings

OLD = "from langchain_community.chat_message_histories import ChatMessageHistory\n"
NEW = "from fit512_runtime.session_history import WindowHistory\n"
STORE = """\
store = {}
def get_session_history(session_id):
    if session_id not in store:
        store[session_id] = %s()
    return store[session_id]
"""


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("store = {}  # ChatMessageHistory\n", id="nothing"),
        pytest.param(f"{OLD}store: dict[str, ChatMessageHistory] = {{}}\n", id="only the type"),
        pytest.param(
            "from langchain_community.chat_message_histories import RedisChatMessageHistory\n"
            "def get(session_id):\n    return RedisChatMessageHistory(session_id)\n",
            id="stored elsewhere",
        ),
        pytest.param(
            "class ChatMessageHistory: ...\nh = ChatMessageHistory()\n", id="an own class"
        ),
    ],
)
def test_no_history_no_change(source):
    check_noop(histories, source)


@pytest.mark.parametrize(
    ("source", "kind", "line"),
    [
        pytest.param(
            f"{OLD}def ask(q):\n    h = ChatMessageHistory()\n    h.add_user_message(q)\n",
            "kept",
            3,
            id="for one call",
        ),
        pytest.param(
            f"{OLD}def load(rows):\n    h = ChatMessageHistory()\n    return h\n",
            "kept",
            3,
            id="filled from a database",
        ),
        pytest.param(
            f"{OLD}import streamlit as st\nh = ChatMessageHistory()\n",
            "kept",
            3,
            id="a Streamlit script makes it anew",
        ),
        pytest.param(
            f"{OLD}h = ChatMessageHistory()\ndef cut():\n    h.messages = h.messages[-9:]\n",
            "kept",
            2,
            id="shortened by the code",
        ),
        pytest.param(f"{OLD}h = ChatMessageHistory(**o)\n", "skipped", 2, id="unpacked"),
        pytest.param(f"{OLD}h = make(ChatMessageHistory)\n", "skipped", 2, id="handed on"),
    ],
)
def test_left_with_a_reason(source, kind, line):
    check_noop(histories, source, notes=[(kind, "app.py", line)])


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("langchain.memory", "ChatMessageHistory"),
        ("langchain.memory.chat_message_histories", "ChatMessageHistory"),
        ("langchain_community.chat_message_histories", "ChatMessageHistory"),
        ("langchain_community.chat_message_histories.in_memory", "ChatMessageHistory"),
        ("langchain_core.chat_history", "InMemoryChatMessageHistory"),
    ],
)
def test_one_for_each_session(module, name):
    check_transformed(
        histories,
        f"from {module} import {name}\n{STORE % name}",
        NEW + (STORE % "WindowHistory").replace("WindowHistory()", "WindowHistory(k=3)"),
        notes=[("changed", "app.py", 5)],
        settings=Settings(k=3),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("h = ChatMessageHistory()", "h = WindowHistory(k=5)", id="of the module"),
        pytest.param(
            "class Bot:\n    def __init__(self):\n        self.history = ChatMessageHistory()",
            "class Bot:\n    def __init__(self):\n        self.history = WindowHistory(k=5)",
            id="an attribute",
        ),
        pytest.param(
            "get = lambda session_id: store.setdefault(session_id, ChatMessageHistory())",
            "get = lambda session_id: store.setdefault(session_id, WindowHistory(k=5))",
            id="setdefault",
        ),
        pytest.param(
            "store = defaultdict(ChatMessageHistory)",
            "store = defaultdict(lambda: WindowHistory(k=5))",
            id="defaultdict",
        ),
        pytest.param(
            "def f():\n    h = ChatMessageHistory(messages=old)\n    self.chain = C(lambda s: h)",
            "def f():\n    h = WindowHistory(k=5, messages=old)\n    self.chain = C(lambda s: h)",
            id="in a chain that is kept",
        ),
        pytest.param(
            "import streamlit as st\nst.session_state.h = ChatMessageHistory()",
            "import streamlit as st\nst.session_state.h = WindowHistory(k=5)",
            id="in Streamlit's session",
        ),
        pytest.param(
            "store: Dict[str, ChatMessageHistory] = {}\n"
            "def get(sid: str) -> ChatMessageHistory:\n    store[sid] = ChatMessageHistory()",
            "store: Dict[str, WindowHistory] = {}\n"
            "def get(sid: str) -> WindowHistory:\n    store[sid] = WindowHistory(k=5)",
            id="annotated",
        ),
    ],
)
def test_a_history_that_lives_on(before, after):
    check_transformed(histories, f"{OLD}{before}\n", f"{NEW}{after}\n")


def test_code_that_reads_all_messages_is_told():
    shown = "def show(session_id):\n    return get_session_history(session_id).messages\n"
    check_transformed(
        histories,
        OLD + STORE % "ChatMessageHistory" + shown,
        NEW + (STORE % "WindowHistory").replace("WindowHistory()", "WindowHistory(k=5)") + shown,
        notes=[("changed", "app.py", 5), ("warning", "app.py", 8)],
    )


@pytest.mark.parametrize(
    ("head", "kind"),
    [("", "kept"), ("from fastapi import FastAPI\napp = FastAPI()\n", "warning")],
)
def test_a_checkpointer_in_memory_is_reported(head, kind):
    source = (
        "from langgraph.checkpoint.memory import MemorySaver\ngraph = g.compile(MemorySaver())\n"
    )
    line = 2 + head.count("\n")
    project = check_noop(histories, head + source, notes=[(kind, "app.py", line)])
    assert "trim_messages" in project.notes[0].message


def test_a_real_chain_remembers_five_turns_of_each_session(tmp_path):
    source = f"""\
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.history import RunnableWithMessageHistory
seen = {{}}
def model(prompt):
    seen["last"] = [m.content for m in prompt.to_messages()]
    return AIMessage(f"answer to {{seen['last'][-1]}}")
prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("h"), ("human", "{{q}}")])
{STORE % "InMemoryChatMessageHistory"}
chain = RunnableWithMessageHistory(
    prompt | RunnableLambda(model), get_session_history,
    input_messages_key="q", history_messages_key="h",
)
def ask(session, question):
    chain.invoke({{"q": question}}, {{"configurable": {{"session_id": session}}}})
    return seen["last"]
"""
    with converted(tmp_path, source, histories) as names:
        for number in range(50):
            names["ask"]("anna", f"a{number}")
            names["ask"]("ben", f"b{number}")
        turns = [text for n in range(45, 50) for text in (f"a{n}", f"answer to a{n}")]
        assert names["ask"]("anna", "last") == [*turns, "last"]
        assert [len(names["store"][who].messages) for who in ("anna", "ben")] == [10, 10]
