from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tests.migrate.visitors.test_ids import HEAD, TAIL, USE
from tools.migrate.rules import sessions

CHAT = """\
@app.post("/chat")
def chat(data: dict):
    session = data.get("session_id")
    use_session(session)
    return chain.predict(input=data["q"])
"""
BESIDE = HEAD + USE + TAIL + CHAT
LINE = BESIDE.count("\n") + 2


@pytest.mark.parametrize(
    "route",
    [
        '@app.post("/reset")\ndef reset():\n    chain.memory.clear()\n',
        '@app.get("/history")\nasync def read():\n    return memory.chat_memory.messages\n',
        '@app.post("/ask")\ndef ask(q: str):\n    return qa_chain.invoke(q)\n',
    ],
)
def test_a_route_with_the_session_of_the_cookie(route):
    project = check_noop(sessions, BESIDE + route, notes=[("warning", "app.py", LINE)])
    message = project.notes[0].message
    assert "app.py:9 has the one that session names" in message
    assert "use_session(session)" in message


def test_in_another_file_of_the_app():
    other = """\
        from fastapi import APIRouter
        from app import chain
        router = APIRouter()
        @router.post("/reset")
        def reset():
            chain.memory.clear()
        """
    head = HEAD + USE + TAIL + "chain = Chain(memory)\n"
    files = {"app.py": head + CHAT + "import other\napp.include_router(other.router)\n"}
    check_noop(sessions, {**files, "other.py": other}, notes=[("warning", "other.py", 5)])


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(
            '@app.post("/reset")\ndef reset(session_id: str):\n    use_session(session_id)\n'
            "    chain.memory.clear()\n",
            id="it names its session",
        ),
        pytest.param('@app.get("/")\ndef home():\n    return {"chain": "up"}\n', id="no memory"),
        pytest.param("def reset():\n    chain.memory.clear()\n", id="no route"),
    ],
)
def test_nothing_to_report(route):
    check_noop(sessions, BESIDE + route)


def test_nobody_names_a_session():
    check_noop(sessions, HEAD + TAIL + '@app.post("/reset")\ndef reset():\n    memory.clear()\n')


def test_when_the_session_is_named_just_now():
    reset = '@app.post("/reset")\ndef reset():\n    memory.clear()\n'
    before = HEAD + TAIL + CHAT.replace("    use_session(session)\n", "") + reset
    check_transformed(
        sessions,
        before,
        BESIDE + reset,
        notes=[("changed", "app.py", 9), ("warning", "app.py", 12)],
    )
