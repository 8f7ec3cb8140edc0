from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import growth

HEAD = "from flask import Flask\napp = Flask(__name__)\n"
ROUTE = "\n\n@app.route('/')\ndef chat(sid, q):\n"


def app(made: str, *body: str) -> str:
    return f"{HEAD}{made}\n{ROUTE}" + "".join(f"    {line}\n" for line in body)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(app("LIMITS = {}", "return LIMITS.get(q)"), id="only read"),
        pytest.param(app("counts = {}", "counts['all'] = counts.get('all', 0) + 1"), id="one key"),
        pytest.param(
            app("docs = []") + "\n\ndef load():\n    docs.append(1)\n\n\nload()\n",
            id="filled once, at import",
        ),
        pytest.param(
            app("history = []", "history.append(q)", "del history[:-10]"), id="shortened by itself"
        ),
        pytest.param(
            app("history = []", "global history", "history.append(q)", "history = history[-9:]"),
            id="set anew",
        ),
        pytest.param(
            app("jobs = {}", "jobs[sid] = q", "run(q)", "del jobs[sid]"), id="taken out again"
        ),
        pytest.param(
            app("seen = {}", "seen[sid] = q", "while len(seen) > 9:", "    seen.popitem()"),
            id="limited by itself",
        ),
        pytest.param(app("items = []", "items = []", "items.append(q)"), id="a local name"),
        pytest.param(
            "import streamlit as st\nhistory = []\ndef show(x):\n    history.append(x)\n"
            "st.button('x', on_click=show)\n",
            id="Streamlit makes it anew on each run",
        ),
        pytest.param("sessions = {}\ndef f(k):\n    sessions[k] = 1\n", id="not served"),
    ],
)
def test_left_alone(source):
    check_noop(growth, source)


@pytest.mark.parametrize(
    ("made", "ours", "body"),
    [
        pytest.param(
            "sessions = {}",
            "sessions = SessionDict()",
            ["if sid not in sessions:", "    sessions[sid] = make()", "return sessions[sid]"],
            id="made when it is missing",
        ),
        pytest.param(
            "user_chains: dict[str, object] = dict()",
            "user_chains: dict[str, object] = SessionDict()",
            ["return user_chains.setdefault(sid, make())"],
            id="annotated",
        ),
        pytest.param(
            "answers = ( {} )  # by session",
            "answers = SessionDict()  # by session",
            [
                "if session_id in answers:",
                "    return answers[session_id]",
                "answers[session_id] = q",
            ],
            id="a cache",
        ),
        pytest.param(
            "chats = {}",
            "chats = SessionDict()",
            ["if sid not in chats:", "    return 404", "chats[sid] = chats[sid][-10:] + [q]"],
            id="left early",
        ),
    ],
)
def test_a_dictionary_of_sessions(made, ours, body):
    after = app(ours, *body).replace("Flask\n", "Flask\n@", 1)
    check_transformed(
        growth,
        app(made, *body),
        after.replace("@", "from fit512_runtime.session_dict import SessionDict\n", 1),
        notes=[("changed", "app.py", 3)],
    )


def test_a_defaultdict_of_lists():
    project = check_transformed(
        growth,
        app(
            "histories = defaultdict(list)",
            "histories[sid].append(q)",
            "return histories[sid][-6:]",
        ),
        "from flask import Flask\nfrom fit512_runtime.session_dict import SessionDict\n"
        + app(
            "histories = SessionDict(list)",
            "histories[sid].append(q)",
            "return histories[sid][-6:]",
        ).partition("\n")[2],
        notes=[("changed", "app.py", 3), ("warning", "app.py", 8)],
    )
    assert "del histories[sid][:-10]" in project.notes[1].message


def test_used_in_another_file():
    check_transformed(
        growth,
        {
            "store.py": "sessions = {}\n\n\ndef session(sid):\n    if sid not in sessions:\n"
            "        sessions[sid] = []\n    return sessions[sid]\n",
            "app.py": f"from store import session, sessions\n{HEAD}{ROUTE}    return session(sid)\n"
            "\n\n@app.route('/clear')\ndef clear(sid):\n    sessions.pop(sid, None)\n",
        },
        {
            "store.py": "from fit512_runtime.session_dict import SessionDict\n"
            "sessions = SessionDict()\n\n\ndef session(sid):\n    if sid not in sessions:\n"
            "        sessions[sid] = []\n    return sessions[sid]\n",
        },
        notes=[("changed", "store.py", 1)],
    )


@pytest.mark.parametrize(
    ("made", "body", "line"),
    [
        pytest.param("sessions = {}", ["sessions[sid] = q", "save(sessions)"], 8, id="passed on"),
        pytest.param(
            "sessions = {}",
            ["if q == '/start':", "    sessions[sid] = []", "sessions[sid].append(q)"],
            9,
            id="read where it may be gone",
        ),
        pytest.param("documents = {}", ["documents[name] = q"], 8, id="no session"),
        pytest.param("history = []", ["history.append(q)", "return llm(history)"], 8, id="a list"),
        pytest.param(
            "history = []", ["x = history.append(q)", "return history[-2:]"], 8, id="in a statement"
        ),
    ],
)
def test_named_where_it_cannot_be_bounded(made, body, line):
    check_noop(growth, app(made, *body), notes=[("warning", "app.py", line)])


def test_a_name_that_another_file_may_reach_in_its_own_way():
    check_noop(
        growth,
        {
            "app.py": app("sessions = {}", "sessions[sid] = 1"),
            "admin.py": "import app\nprint(app.sessions)\n",
        },
        notes=[("warning", "app.py", 8)],
    )


def test_a_list_of_which_only_the_end_is_read():
    check_transformed(
        growth,
        app(
            "history = []",
            "history.append(q)",
            "a = ask(history[-4:])",
            "history.append(a)",
            "return history[-1:]",
        ),
        app(
            "history = []",
            "history.append(q)",
            "del history[:-4]",
            "a = ask(history[-4:])",
            "history.append(a)",
            "del history[:-4]",
            "return history[-1:]",
        ),
        notes=[("changed", "app.py", 8), ("changed", "app.py", 10)],
    )


@pytest.mark.parametrize(
    ("made", "notes"),
    [
        pytest.param("bot = Bot()", [("warning", "app.py", 11)], id="one for all"),
        pytest.param("", [], id="one for each"),
    ],
)
def test_what_an_object_keeps(made, notes):
    check_noop(
        growth,
        "import gradio as gr\n\n\nclass Bot:\n    def __init__(self):\n        self.history = []\n"
        "        self.name = 'x'\n\n    def ask(self, q):\n        self.name = q\n"
        f"        self.history.append(q)\n\n\n{made}\ndef answer(q):\n    b = Bot()\n"
        "    return b.ask(q)\n\n\ngr.Interface(answer, 'text', 'text')\n",
        notes=notes,
    )


def test_a_callback_is_a_handler():
    check_transformed(
        growth,
        "from telegram.ext import ApplicationBuilder, MessageHandler\nhistories = {}\n\n\n"
        "async def answer(update, context):\n    histories.setdefault(update.user_id, 1)\n\n\n"
        "app = ApplicationBuilder().build()\napp.add_handler(MessageHandler(None, answer))\n",
        "from telegram.ext import ApplicationBuilder, MessageHandler\n"
        "from fit512_runtime.session_dict import SessionDict\nhistories = SessionDict()\n\n\n"
        "async def answer(update, context):\n    histories.setdefault(update.user_id, 1)\n\n\n"
        "app = ApplicationBuilder().build()\napp.add_handler(MessageHandler(None, answer))\n",
    )


def test_streamlit_sessions_are_milder():
    check_noop(
        growth,
        "import streamlit as st\nst.session_state.messages.append(1)\n"
        "st.session_state['messages'].append(2)\nst.session_state['log'].extend([3])\n",
        notes=[("kept", "app.py", 2), ("kept", "app.py", 4)],
    )
