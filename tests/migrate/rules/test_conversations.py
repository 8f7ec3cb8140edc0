from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tests.migrate.memories.running import converted
from tools.migrate.rules import conversations, histories, memory, sessions

OLD = "from fit512_runtime.window_memory import WindowMemory\n"
NEW = f"{OLD}from fit512_runtime.session_dict import SessionDict\n"
GET = """\
def get(session_id):
    if session_id not in store:
        store[session_id] = WindowMemory(k=5)
    return store[session_id]
"""


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("store = {}\nstore['x'] = WindowMemory()\n", id="one key"),
        pytest.param(
            "models = {}\ndef load(name):\n    models[name] = WindowMemory()\n", id="not by session"
        ),
        pytest.param("memory = WindowMemory()\n", id="no dictionary"),
        pytest.param(
            "import streamlit as st\ndef get(session_id):\n"
            "    st.session_state.store[session_id] = WindowMemory()\n",
            id="in Streamlit's session",
        ),
        pytest.param(
            "answers = {}\ndef ask(user_id, q):\n    m = WindowMemory()\n"
            "    answers[user_id] = m.load_memory_variables({})\n",
            id="only what a memory says",
        ),
    ],
)
def test_no_dictionary_of_conversations(source):
    check_noop(conversations, OLD + source)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(f"store = {{}}\n{GET}", f"store = SessionDict()\n{GET}", id="a dict"),
        pytest.param(f"store = dict()\n{GET}", f"store = SessionDict()\n{GET}", id="dict()"),
        pytest.param(
            f"store: Dict[str, WindowMemory] = {{}}  # all\n{GET}",
            f"store: Dict[str, WindowMemory] = SessionDict()  # all\n{GET}",
            id="annotated",
        ),
        pytest.param(
            "store = {}\ndef reset():\n    global store\n    store = {}\n" + GET,
            "store = SessionDict()\ndef reset():\n    global store\n    store = SessionDict()\n"
            + GET,
            id="made anew",
        ),
        pytest.param(
            "store = {}\ndef get(user_id):\n    return store.setdefault(user_id, WindowMemory())\n",
            "store = SessionDict()\n"
            "def get(user_id):\n    return store.setdefault(user_id, WindowMemory())\n",
            id="setdefault",
        ),
        pytest.param(
            "store = defaultdict(WindowMemory)\ndef get(user_id):\n"
            "    store[user_id] = store[user_id] or WindowMemory()\n",
            "store = SessionDict(WindowMemory)\ndef get(user_id):\n"
            "    store[user_id] = store[user_id] or WindowMemory()\n",
            id="defaultdict",
        ),
        pytest.param(
            "store: dict[str, WindowMemory] = defaultdict(\n    lambda: WindowMemory(k=5)\n)\n"
            "def get(user_id):\n    return store[user_id].buffer\n",
            "store: dict[str, WindowMemory] = SessionDict(\n    lambda: WindowMemory(k=5)\n)\n"
            "def get(user_id):\n    return store[user_id].buffer\n",
            id="defaultdict of a lambda",
        ),
        pytest.param(
            "class Bot:\n    def __init__(self):\n"
            "        self.chats = collections.defaultdict(lambda: Chain(memory=WindowMemory(k=5)))\n"
            "    def get(self, user_id):\n        return self.chats[user_id]\n",
            "class Bot:\n    def __init__(self):\n"
            "        self.chats = SessionDict(lambda: Chain(memory=WindowMemory(k=5)))\n"
            "    def get(self, user_id):\n        return self.chats[user_id]\n",
            id="defaultdict of an attribute",
        ),
        pytest.param(
            "chats = {}\ndef make():\n    return Chain(memory=WindowMemory())\n"
            "def ask(r):\n    if r.session_id not in chats.keys():\n"
            "        chats[r.session_id] = make()\n    return chats[r.session_id](r.q)\n",
            "chats = SessionDict()\ndef make():\n    return Chain(memory=WindowMemory())\n"
            "def ask(r):\n    if r.session_id not in chats.keys():\n"
            "        chats[r.session_id] = make()\n    return chats[r.session_id](r.q)\n",
            id="chains, made by a function",
        ),
        pytest.param(
            "class Bot:\n    def __init__(self):\n        self.chats = {}\n"
            "    def get(self, chat_id):\n        try:\n            return self.chats[chat_id]\n"
            "        except KeyError:\n            self.chats[chat_id] = WindowMemory()\n"
            "        return self.chats.get(chat_id)\n"
            "    def end(self, chat_id):\n        self.chats.pop(chat_id, None)\n",
            "class Bot:\n    def __init__(self):\n        self.chats = SessionDict()\n"
            "    def get(self, chat_id):\n        try:\n            return self.chats[chat_id]\n"
            "        except KeyError:\n            self.chats[chat_id] = WindowMemory()\n"
            "        return self.chats.get(chat_id)\n"
            "    def end(self, chat_id):\n        self.chats.pop(chat_id, None)\n",
            id="an attribute",
        ),
        pytest.param(
            "class Bot:\n    chats = {}\n    def get(self, user_id):\n"
            "        if user_id not in self.chats:\n            self.chats[user_id] = WindowMemory()\n"
            "        return len(self.chats), self.chats[user_id]\n",
            "class Bot:\n    chats = SessionDict()\n    def get(self, user_id):\n"
            "        if user_id not in self.chats:\n            self.chats[user_id] = WindowMemory()\n"
            "        return len(self.chats), self.chats[user_id]\n",
            id="a class attribute",
        ),
    ],
)
def test_a_dictionary_that_is_bounded(before, after):
    check_transformed(conversations, OLD + before, NEW + after)


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        pytest.param(
            f"store = {{}}\n{GET}def show():\n    return list(store.items())\n",
            2,
            "line 8",
            id="gone through",
        ),
        pytest.param(
            f"store = {{}}\n{GET}def ask(session_id):\n    return store[session_id].buffer\n",
            2,
            "expects the entry",
            id="expected",
        ),
        pytest.param(f"store = load()\n{GET}", 2, "load()", id="made elsewhere"),
        pytest.param(f"store = {{'a': 1}}\n{GET}", 2, "it is made by", id="not empty"),
        pytest.param(
            "class Bot:\n    def __init__(self):\n        self.chats = {}\n"
            "    def get(self, user_id):\n        self.chats[user_id] = WindowMemory()\n"
            "bot = Bot()\nbot.chats.clear()\n",
            4,
            "line 8",
            id="reached from outside",
        ),
        pytest.param(
            "def get(store, user_id):\n    store[user_id] = WindowMemory()\n",
            3,
            "cannot be seen",
            id="a parameter",
        ),
    ],
)
def test_a_dictionary_that_is_reported(source, line, says):
    project = check_noop(conversations, OLD + source, notes=[("warning", "app.py", line)])
    assert says in project.notes[0].message


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(f"store = TTLCache(maxsize=100, ttl=60)\n{GET}", id="a cache"),
        pytest.param(
            f"store = OrderedDict()\n{GET}def end():\n    store.popitem(last=False)\n", id="popitem"
        ),
        pytest.param(
            f"store = {{}}\n{GET}def end():\n    if len(store) > 99:\n        store.clear()\n",
            id="a look at the length",
        ),
    ],
)
def test_a_dictionary_that_the_code_bounds(source):
    check_noop(conversations, OLD + source, notes=[("kept", "app.py", 2)])


def test_a_dictionary_that_another_file_uses():
    check_noop(
        conversations,
        {
            "memory.py": f"{OLD}store = {{}}\n{GET}",
            "app.py": "from memory import store\nprint(store['x'])\n",
        },
        notes=[("warning", "memory.py", 2)],
    )


def test_a_memory_that_another_file_makes():
    check_transformed(
        conversations,
        {
            "memory.py": f"{OLD}def make():\n    return WindowMemory()\n",
            "app.py": "from memory import make\nchats = {}\ndef get(user_id):\n"
            "    if user_id not in chats:\n        chats[user_id] = make()\n",
        },
        {
            "app.py": "from memory import make\nfrom fit512_runtime.session_dict import SessionDict\n"
            "chats = SessionDict()\ndef get(user_id):\n"
            "    if user_id not in chats:\n        chats[user_id] = make()\n"
        },
        notes=[("changed", "app.py", 2)],
    )


def test_a_copy_of_the_chain_for_every_session_is_reported():
    project = check_noop(
        conversations,
        "import copy\nfrom fastapi import FastAPI\napp = FastAPI()\nchains = {}\n"
        "def get(user_id):\n    chains[user_id] = copy.deepcopy(conv_chain)\n"
        "def other(user_id):\n    rows[user_id] = copy.deepcopy(row)\n",
        notes=[("warning", "app.py", 6)],
    )
    assert "deep copy" in project.notes[0].message


def test_real_memories_of_very_many_visitors(tmp_path):
    source = f"""\
from langchain_classic.memory import ConversationBufferMemory
store = {{}}
{GET.replace("WindowMemory(k=5)", "ConversationBufferMemory(return_messages=True)")}"""
    with converted(tmp_path, source, memory, histories, conversations, sessions) as names:
        for visitor in range(1200):
            names["get"](visitor % 1100).save_context({"q": f"q{visitor}"}, {"a": "a"})
        assert len(names["store"]) == 1000
        assert names["get"](99).buffer[0].content == "q1199"
        assert names["get"](100).buffer == []
