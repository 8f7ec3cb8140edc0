from __future__ import annotations

import pytest

from tests.migrate.helpers import check_transformed
from tools.migrate.rules import sessions

HEAD = """\
from fastapi import FastAPI
from fit512_runtime.window_memory import WindowMemory
from fit512_runtime.sessions import SessionMiddleware
"""
TAIL = "app = FastAPI()\napp.add_middleware(SessionMiddleware)\nmemory = WindowMemory(k=5)\n"
USE = "from fit512_runtime.sessions import use_session\n"
ROUTE = "@app.post('/chat')\n"


def check(before: str, after: str | None) -> None:
    """`after` is what becomes of the handler; None when nothing is named in it."""
    if after is None:
        source = HEAD.replace("from fit512_runtime.sessions import SessionMiddleware\n", "")
        check_transformed(
            sessions,
            source + TAIL.replace("app.add_middleware(SessionMiddleware)\n", "") + before,
            HEAD + TAIL + before,
        )
    else:
        check_transformed(sessions, HEAD + TAIL + before, HEAD + USE + TAIL + after)


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(f"{ROUTE}def chat(question: str):\n    return ask(question)\n", id="no id"),
        pytest.param("def helper(session_id):\n    return ask(session_id)\n", id="no handler"),
        pytest.param(
            f"{ROUTE}def chat(data: dict):\n    q = data['question']\n    return ask(q)\n",
            id="another key",
        ),
        pytest.param(
            "@app.get('/users/{user_id}')\ndef show(user_id: int):\n    return users[user_id]\n",
            id="no conversation",
        ),
    ],
)
def test_nothing_is_named(handler):
    check(handler, None)


@pytest.mark.parametrize(
    ("parameter", "used"),
    [
        ("session_id: str", "session_id"),
        ("user_id: int", "user_id"),
        ("session_id: str = Form('')", "session_id"),
        ("session_id: str | None = None", "session_id"),
        ("session_id: str = 'default'", "session_id, but_not='default'"),
        ("conversation_id: str = Query(default='x')", "conversation_id, but_not='x'"),
        ("x_session_id: str = Header(None)", "x_session_id"),
    ],
)
def test_a_parameter(parameter, used):
    head = f"{ROUTE}async def chat(q: str, {parameter}):\n    '''Answer.'''\n"
    check(f"{head}    return ask(q)\n", f"{head}    use_session({used})\n    return ask(q)\n")


@pytest.mark.parametrize(
    ("field", "used"),
    [
        ("session_id: str", "r.session_id"),
        ("sessionId: Optional[str] = None", "r.sessionId"),
        ("thread_id: str = Field('main', description='x')", "r.thread_id, but_not='main'"),
    ],
)
def test_a_field_of_the_body(field, used):
    model = f"class Request(BaseModel):\n    q: str\n    {field}\n{ROUTE}def chat(r: Request):\n"
    check(f"{model}    return ask(r.q)\n", f"{model}    use_session({used})\n    return ask(r.q)\n")


@pytest.mark.parametrize(
    ("value", "used"),
    [
        ("data.get('session_id')", "sid"),
        ("data['user_id']", "sid"),
        ("request.headers.get('X-Session-Id')", "sid"),
        ("(await request.json()).get('session_id', 'anonymous')", "sid, but_not='anonymous'"),
        ("data.get('session_id') or 'default'", "sid, but_not='default'"),
    ],
)
def test_a_key_of_the_json(value, used):
    handler = f"{ROUTE}async def chat(request: Request):\n    sid = {value}\n"
    check(f"{handler}    return ask()\n", f"{handler}    use_session({used})\n    return ask()\n")


@pytest.mark.parametrize("decorator", ["sio.event", "sio.on('message')"])
def test_a_socket_of_python_socketio(decorator):
    handler = f"@{decorator}\nasync def message(sid, data):\n"
    check(
        f"{handler}    return ask(data)\n", f"{handler}    use_session(sid)\n    return ask(data)\n"
    )


def test_a_model_of_another_file_and_a_handler_of_another():
    route = "@router.post('/chat')\ndef chat(body: Body):\n"
    imports = "from models import Body\nfrom chain import memory\n"
    check_transformed(
        sessions,
        {
            "app.py": "from fastapi import FastAPI\nfrom routes import router\n"
            "from fit512_runtime.sessions import SessionMiddleware\n"
            "app = FastAPI()\napp.add_middleware(SessionMiddleware)\n",
            "routes.py": f"{imports}{route}    return memory.buffer\n",
            "models.py": "class Body(BaseModel):\n    user_id: str\n",
            "chain.py": "from fit512_runtime.window_memory import WindowMemory\n"
            "memory = WindowMemory(k=5)\n",
        },
        {
            "routes.py": f"{imports}{USE}{route}    use_session(body.user_id)\n    return memory.buffer\n"
        },
        notes=[("changed", "routes.py", 4)],
    )
