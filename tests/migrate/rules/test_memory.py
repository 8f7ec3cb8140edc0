from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed, path
from tools.migrate.rules import memory
from tools.migrate.settings import Settings


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("memory = []\n", id="a list"),
        pytest.param(
            "from langchain.memory import SimpleMemory\n"
            "m = SimpleMemory(memories={})  # not ConversationBufferMemory\n",
            id="another memory",
        ),
        pytest.param(
            "class ConversationBufferMemory: ...\nm = ConversationBufferMemory()\n",
            id="an own class",
        ),
        pytest.param(
            "from langchain.memory import ConversationBufferMemory\n",
            id="imported and never called",
        ),
    ],
)
def test_no_memory_no_change(source):
    check_noop(memory, source)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        pytest.param("Memory(chat_memory=stored)", "chat_memory", id="stored elsewhere"),
        pytest.param("Memory(llm)", "without a keyword", id="by position"),
        pytest.param("make(Memory)", "otherwise than by calling", id="handed on"),
        pytest.param("Memory(chat_memory=f())", "chat_memory", id="made elsewhere"),
    ],
)
def test_left_with_a_reason(call, says):
    project = check_noop(
        memory,
        f"from langchain.memory import ConversationBufferMemory as Memory\nm = {call}\n",
        notes=[("skipped", "app.py", 2)],
    )
    assert says in project.notes[0].message


@pytest.mark.parametrize(
    "module",
    [
        "langchain.memory",
        "langchain.memory.buffer",
        "langchain.chains.conversation.memory",
        "langchain_classic.memory",
        "langchain_community.memory",
    ],
)
def test_every_spelling(module):
    check_transformed(
        memory,
        f"""\
        from {module} import ConversationBufferMemory
        m = ConversationBufferMemory(memory_key="chat_history", return_messages=True)
        """,
        """\
        from fit512_runtime.window_memory import WindowMemory
        m = WindowMemory(k=5, memory_key="chat_history", return_messages=True)
        """,
        notes=[("changed", "app.py", 2)],
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("()", "(k=5)", id="no argument"),
        pytest.param("(  # empty\n)", "(k=5  # empty\n)", id="a comment is no argument"),
        pytest.param("(**options)", "(k=5, **options)", id="unpacked"),
        pytest.param("(memory_key='h',)", "(k=5, memory_key='h',)", id="a comma at the end"),
        pytest.param(
            "(\n    # history\n    memory_key='h', return_messages=True\n)",
            "(\n    # history\n    k=5,\n    memory_key='h', return_messages=True\n)",
            id="several lines",
        ),
        pytest.param(
            "(memory_key='h',\n    return_messages=True)",
            "(k=5, memory_key='h',\n    return_messages=True)",
            id="hanging",
        ),
    ],
)
def test_the_layout_of_the_arguments(before, after):
    check_transformed(
        memory,
        f"from langchain.memory import ConversationBufferMemory\nm = ConversationBufferMemory{before}\n",
        f"from fit512_runtime.window_memory import WindowMemory\nm = WindowMemory{after}\n",
    )


def test_a_window_keeps_its_k():
    check_transformed(
        memory,
        """\
        from langchain.memory import ConversationBufferMemory, ConversationBufferWindowMemory
        a = ConversationBufferWindowMemory(k=2, memory_key="chat_history")
        b = ConversationBufferMemory()
        """,
        """\
        from fit512_runtime.window_memory import WindowMemory
        a = WindowMemory(k=2, memory_key="chat_history")
        b = WindowMemory(k=5)
        """,
    )


def test_k_is_a_setting():
    check_transformed(
        memory,
        "from langchain.memory import ConversationBufferMemory as M\nm = M()\n",
        "from fit512_runtime.window_memory import WindowMemory\nm = WindowMemory(k=3)\n",
        settings=Settings(k=3),
    )


def test_annotations_and_a_shared_import():
    check_transformed(
        memory,
        """\
        from langchain.memory import SimpleMemory, ConversationBufferMemory  # two
        def get() -> ConversationBufferMemory:
            return ConversationBufferMemory()
        other = SimpleMemory()
        """,
        """\
        from langchain.memory import SimpleMemory  # two
        from fit512_runtime.window_memory import WindowMemory
        def get() -> WindowMemory:
            return WindowMemory(k=5)
        other = SimpleMemory()
        """,
    )


def test_a_star_import():
    check_transformed(
        memory,
        """\
        from langchain.memory import *
        m = ConversationBufferMemory()
        """,
        """\
        from langchain.memory import *
        from fit512_runtime.window_memory import WindowMemory
        m = WindowMemory(k=5)
        """,
    )


def test_a_fallback_import():
    check_transformed(
        memory,
        """\
        try:
            from langchain_classic.memory import ConversationBufferMemory
        except ImportError:
            from langchain.memory import ConversationBufferMemory
        m = ConversationBufferMemory()
        """,
        """\
        try:
            from fit512_runtime.window_memory import WindowMemory
        except ImportError:
            from fit512_runtime.window_memory import WindowMemory
        m = WindowMemory(k=5)
        """,
    )


def test_code_that_reads_all_messages_is_told():
    project = check_transformed(
        memory,
        """\
        from langchain.memory import ConversationBufferMemory
        m = ConversationBufferMemory()
        text = [x.content for x in m.chat_memory.messages]
        """,
        """\
        from fit512_runtime.window_memory import WindowMemory
        m = WindowMemory(k=5)
        text = [x.content for x in m.chat_memory.messages]
        """,
        notes=[("changed", "app.py", 2), ("warning", "app.py", 3)],
    )
    assert "only the last 5 turns" in project.notes[1].message


PAGE = """\
import streamlit as st
from langchain.memory import ConversationBufferMemory
m = ConversationBufferMemory(memory_key="talk")
answer = chain({"question": q})
"""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('st.session_state.talk = answer["talk"]', True),
        ('for message in chain.invoke(q)["talk"]: st.write(message)', True),
        ('for message in st.session_state["talk"]: st.write(message)', False),
        ('st.session_state["one"]["talk"] = answer["answer"]', False),
        ('answer["talk"] = []', False),
        ('st.write(answer["history"])', False),
    ],
)
def test_what_a_page_shows_of_the_window_is_told(line, told):
    project = check_transformed(
        memory,
        f"{PAGE}{line}\n",
        f"{PAGE}{line}\n".replace("langchain.memory", "fit512_runtime.window_memory")
        .replace("ConversationBufferMemory(", "WindowMemory(k=5, ")
        .replace("ConversationBufferMemory", "WindowMemory"),
    )
    notes = [(n.line, n.message) for n in project.notes if n.kind == "warning"]
    assert [line for line, _ in notes] == [5] * told
    assert all("older ones are gone from the screen" in message for _, message in notes)


def test_the_runtime_comes_with_what_it_imports():
    project = check_transformed(
        memory,
        "from langchain.memory import ConversationBufferMemory as M\nm = M()\n",
        "from fit512_runtime.window_memory import WindowMemory\nm = WindowMemory(k=5)\n",
    )
    added = {p.name for p in project.staged() if p.parent == path("fit512_runtime")}
    assert {"__init__.py", "window_memory.py", "sessions.py"} <= added
    assert "langchain_store.py" not in added
