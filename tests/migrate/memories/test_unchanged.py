from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import memory

SERVED = "from fastapi import FastAPI\napp = FastAPI()\n"


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("ConversationTokenBufferMemory", "kept", "max_token_limit"),
        ("ConversationSummaryBufferMemory", "kept", "max_token_limit"),
        ("CombinedMemory", "kept", "its parts"),
        ("ConversationEntityMemory", "warning", "every message"),
        ("ConversationKGMemory", "warning", "every message"),
        ("VectorStoreRetrieverMemory", "warning", "every turn"),
    ],
)
def test_what_another_memory_keeps_is_said(name, kind, says):
    project = check_noop(
        memory,
        f"{SERVED}from langchain.memory import {name}\nm = {name}(llm=llm)\n",
        notes=[(kind, "app.py", 4)],
    )
    assert says in project.notes[0].message


def test_a_script_that_is_not_served_ends_by_itself():
    check_noop(
        memory,
        "from langchain.memory import ConversationEntityMemory as M\nm = M(llm=llm)\n",
        notes=[("kept", "app.py", 2)],
    )


def test_a_summary_keeps_the_turn_that_it_needs():
    check_transformed(
        memory,
        """\
        from langchain.memory import ConversationSummaryMemory
        m = ConversationSummaryMemory(llm=llm)
        """,
        """\
        from langchain.memory import ConversationSummaryMemory
        from fit512_runtime.session_history import SessionHistory
        m = ConversationSummaryMemory(llm=llm, chat_memory=SessionHistory(k=1, per_session=False))
        """,
        notes=[("changed", "app.py", 2)],
    )


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("M(llm=llm, chat_memory=stored)", id="stored elsewhere"),
        pytest.param("M.from_messages(llm=llm, chat_memory=stored)", id="from messages"),
        pytest.param("M(**options)", id="unpacked"),
        pytest.param("M(llm=llm).chat_memory.messages", id="the messages are read"),
    ],
)
def test_a_summary_that_is_left(use):
    check_noop(
        memory,
        f"{SERVED}from langchain.memory import ConversationSummaryMemory as M\nm = {use}\n",
        notes=[("warning", "app.py", 4)],
    )


@pytest.mark.parametrize(
    ("imports", "name"),
    [
        ("from langchain import ConversationChain", "ConversationChain"),
        ("from langchain.chains import ConversationChain", "ConversationChain"),
        ("from langchain_classic.chains import ConversationChain as Chain", "Chain"),
        ("from langchain import chains", "chains.ConversationChain"),
    ],
)
def test_a_chain_that_makes_a_memory_for_itself(imports, name):
    check_transformed(
        memory,
        f"{imports}\nchain = {name}(llm=llm, verbose=True)\n",
        f"{imports}\nfrom fit512_runtime.window_memory import WindowMemory\n"
        f"chain = {name}(llm=llm, verbose=True, memory=WindowMemory(k=5))\n",
        notes=[("changed", "app.py", 2)],
    )


def test_a_chain_that_has_its_memory():
    check_noop(
        memory,
        "from langchain.chains import ConversationChain\nc = ConversationChain(llm=x, memory=m)\n",
    )


def test_a_chain_whose_arguments_cannot_be_seen():
    check_noop(
        memory,
        "from langchain.chains import ConversationChain\nc = ConversationChain(**options)\n",
        notes=[("skipped", "app.py", 2)],
    )
