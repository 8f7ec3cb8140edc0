from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed, path
from tools.migrate.rules import sessions

WINDOW = "from fit512_runtime.window_memory import WindowMemory\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("memory = WindowMemory(k=5)\n", id="a script run by hand"),
        pytest.param("from fastapi import FastAPI\napp = FastAPI()\n", id="no memory"),
        pytest.param(
            "from fastapi import FastAPI\napp = FastAPI()\n"
            "@app.post('/chat')\ndef chat():\n    memory = WindowMemory(k=5)\n",
            id="made for each request",
        ),
        pytest.param(
            "from fastapi import FastAPI\napp = FastAPI()\nbots = {}\n"
            "def memory_of(name):\n"
            "    if name not in bots:\n        bots[name] = WindowMemory(k=5)\n"
            "    return bots[name]\n"
            "@app.post('/chat')\ndef chat(name: str):\n    memory_of(name)\n",
            id="made for each name",
        ),
        pytest.param(
            "import streamlit as st\nmemory = WindowMemory(k=5)\n", id="a Streamlit script reruns"
        ),
    ],
)
def test_nothing_is_shared(source):
    check_noop(sessions, WINDOW + source)


def test_a_script_beside_the_app_is_not_served():
    check_noop(
        sessions,
        {
            "app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "script.py": f"{WINDOW}memory = WindowMemory(k=5)\n",
        },
    )


def test_at_module_level_of_the_app():
    check_transformed(
        sessions,
        """\
        from fastapi import FastAPI
        from fit512_runtime.window_memory import WindowMemory
        app = FastAPI(
            title="shop",
        )  # the app

        memory = WindowMemory(k=5)
        """,
        """\
        from fastapi import FastAPI
        from fit512_runtime.window_memory import WindowMemory
        from fit512_runtime.sessions import SessionMiddleware
        app = FastAPI(
            title="shop",
        )  # the app
        app.add_middleware(SessionMiddleware)

        memory = WindowMemory(k=5)
        """,
        notes=[("changed", "app.py", 3)],
    )


def test_through_functions_and_modules():
    project = check_transformed(
        sessions,
        {
            "app.py": """\
                from fastapi import FastAPI
                from bot.chain import get_chain
                app = FastAPI()
                chain = get_chain()
                """,
            "bot/chain.py": f"""\
                {WINDOW}
                def make_memory():
                    return WindowMemory(k=5)
                def get_chain():
                    return build(make_memory())
                """,
        },
        """\
        from fastapi import FastAPI
        from bot.chain import get_chain
        from fit512_runtime.sessions import SessionMiddleware
        app = FastAPI()
        app.add_middleware(SessionMiddleware)
        chain = get_chain()
        """,
        notes=[("changed", "app.py", 3)],
    )
    assert "bot/chain.py:4" in project.notes[0].message


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "@app.on_event('startup')\nasync def start():\n    app.state.m = WindowMemory(k=5)\n",
            id="at start-up",
        ),
        pytest.param(
            "chain = None\n@app.get('/')\ndef home():\n    global chain\n"
            "    if chain is None:\n        chain = Chain(WindowMemory(k=5))\n",
            id="once, at the first request",
        ),
        pytest.param(
            "class Bot:\n    def __init__(self):\n        self.memory = WindowMemory(k=5)\n"
            "bot = Bot()\n",
            id="in a class made once",
        ),
        pytest.param(
            "from functools import lru_cache\n@lru_cache\ndef get():\n    return WindowMemory(k=5)\n"
            "@app.get('/')\ndef home():\n    get()\n",
            id="in a cached function",
        ),
        pytest.param("class Bot:\n    memory = WindowMemory(k=5)\n", id="in a class body"),
        pytest.param("def ask(q, memory=WindowMemory(k=5)):\n    return q\n", id="as a default"),
        pytest.param(
            "class Own(WindowMemory):\n    found: list = []\nm = Own()\n", id="of a derived class"
        ),
        pytest.param(
            "models = {}\n@asynccontextmanager\nasync def lifespan(app):\n    setup()\n    yield\n"
            "def setup():\n    models['memory'] = WindowMemory(k=5)\n",
            id="in a dictionary of models",
        ),
        pytest.param(
            "chain = None\ndef load():\n    global chain\n    memory = WindowMemory(k=5)\n"
            "    chain = Chain.from_llm(llm, memory=memory)\n"
            "@app.get('/')\ndef home():\n    load()\n",
            id="through a local name into a global one",
        ),
        pytest.param(
            "@app.get('/')\ndef home():\n"
            "    if not hasattr(app, 'chain'):\n        app.chain = Chain(WindowMemory(k=5))\n",
            id="on the app",
        ),
        pytest.param(
            "class Bot:\n    one = None\n    def __new__(cls):\n        if cls.one is None:\n"
            "            cls.one = super().__new__(cls)\n"
            "            cls.one.memory = WindowMemory(k=5)\n        return cls.one\n"
            "@app.get('/')\ndef home():\n    Bot()\n",
            id="in __new__ of a singleton",
        ),
        pytest.param(
            "class Bot:\n    one = None\n    @classmethod\n    def get(cls):\n"
            "        cls.one = cls.one or cls()\n        return cls.one\n"
            "    def __init__(self):\n        self.memory = WindowMemory(k=5)\n"
            "@app.get('/')\ndef home():\n    Bot.get()\n",
            id="in a class with one object",
        ),
    ],
)
def test_other_ways_of_making_it_once(body):
    head = f"from fastapi import FastAPI\n{WINDOW}"
    check_transformed(
        sessions,
        f"{head}app = FastAPI()\n{body}",
        f"{head}from fit512_runtime.sessions import SessionMiddleware\n"
        f"app = FastAPI()\napp.add_middleware(SessionMiddleware)\n{body}",
    )


def test_flask_in_a_factory():
    check_transformed(
        sessions,
        f"""\
        \"\"\"The app.\"\"\"
        from flask import Flask
        {WINDOW.strip()}
        memory = WindowMemory(k=5)
        def create_app():
            app = Flask(__name__)
            return app
        """,
        f"""\
        \"\"\"The app.\"\"\"
        from flask import Flask
        {WINDOW.strip()}
        from fit512_runtime.sessions import WsgiSessionMiddleware
        memory = WindowMemory(k=5)
        def create_app():
            app = Flask(__name__)
            app.wsgi_app = WsgiSessionMiddleware(app.wsgi_app)
            return app
        """,
    )


def test_starlettes_middleware_of_the_same_name():
    check_transformed(
        sessions,
        f"""\
        from fastapi import FastAPI
        from starlette.middleware.sessions import SessionMiddleware
        {WINDOW.strip()}
        app = FastAPI()
        app.add_middleware(SessionMiddleware, secret_key="x")
        memory = WindowMemory(k=5)
        """,
        f"""\
        from fastapi import FastAPI
        from starlette.middleware.sessions import SessionMiddleware
        {WINDOW.strip()}
        from fit512_runtime.sessions import SessionMiddleware as Fit512SessionMiddleware
        app = FastAPI()
        app.add_middleware(Fit512SessionMiddleware)
        app.add_middleware(SessionMiddleware, secret_key="x")
        memory = WindowMemory(k=5)
        """,
    )


def test_visitors_from_another_site_are_thought_of():
    project = check_transformed(
        sessions,
        f"""\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        {WINDOW.strip()}
        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["*"])
        memory = WindowMemory(k=5)
        """,
        f"""\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        {WINDOW.strip()}
        from fit512_runtime.sessions import SessionMiddleware
        app = FastAPI()
        app.add_middleware(SessionMiddleware)
        app.add_middleware(CORSMiddleware, allow_origins=["*"])
        memory = WindowMemory(k=5)
        """,
        notes=[("changed", "app.py", 4), ("warning", "app.py", 4)],
    )
    assert "X-Session-Id" in project.notes[1].message


def test_a_framework_whose_sessions_cannot_be_seen_is_reported():
    check_noop(
        sessions,
        f"from waitress import serve\n{WINDOW}memory = WindowMemory(k=5)\nserve(make_app())\n",
        notes=[("warning", "app.py", 3)],
    )


@pytest.mark.parametrize(
    ("framework", "source"),
    [
        ("Chainlit", "import chainlit as cl\n"),
        ("Gradio", "import gradio as gr\ndemo = gr.Interface(f, 'a', 'b')\n"),
        (
            "Streamlit",
            "import streamlit as st\n@st.cache_resource\ndef build():\n    return make()\n",
        ),
    ],
)
def test_a_framework_with_sessions_of_its_own_is_asked_for_them(framework, source):
    memory = f"{WINDOW}def make():\n    return WindowMemory(k=5)\n"
    if framework != "Streamlit":
        memory += "memory = make()\n"
    project = check_noop(sessions, memory + source, notes=[("kept", "app.py", 3)])
    assert framework in project.notes[0].message


def test_a_module_that_a_streamlit_script_imports_runs_once():
    helper = f"import streamlit as st\n{WINDOW}memory = WindowMemory(k=5)\n"
    check_noop(
        sessions,
        {"app.py": "import streamlit as st\nimport helper\n", "helper.py": helper},
        notes=[("kept", "helper.py", 3)],
    )


def test_the_runtime_module_is_added():
    source = f"from fastapi import FastAPI\n{WINDOW}app = FastAPI()\nmemory = WindowMemory(k=5)\n"
    project = check_transformed(
        sessions,
        source,
        source.replace(
            "app = FastAPI()\n",
            "from fit512_runtime.sessions import SessionMiddleware\n"
            "app = FastAPI()\napp.add_middleware(SessionMiddleware)\n",
        ),
    )
    assert path("fit512_runtime/sessions.py") in project.staged()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "from collections import defaultdict\nm = defaultdict(lambda: WindowMemory(k=5))\n",
            "from collections import defaultdict\n"
            "m = defaultdict(lambda: WindowMemory(k=5, per_session=False))\n",
            id="defaultdict",
        ),
        pytest.param(
            "@lru_cache(maxsize=9)\ndef get(session_id):\n    return WindowMemory()\n"
            "@app.get('/')\ndef home(session_id: str):\n    get(session_id)\n",
            "@lru_cache(maxsize=9)\ndef get(session_id):\n"
            "    return WindowMemory(per_session=False)\n"
            "@app.get('/')\ndef home(session_id: str):\n    get(session_id)\n",
            id="a cache by session",
        ),
        pytest.param(
            "users = {}\n@app.get('/')\ndef home(user: str):\n"
            "    if user not in users:\n        users[user] = WindowMemory(k=5)\n",
            "users = {}\n@app.get('/')\ndef home(user: str):\n"
            "    if user not in users:\n        users[user] = WindowMemory(k=5, per_session=False)\n",
            id="a dictionary by user",
        ),
        pytest.param(
            "chats = {}\n@app.get('/')\ndef home(r: Request):\n"
            "    memory = WindowMemory(k=5)\n    chain = Chain.from_llm(llm, memory=memory)\n"
            "    chats[r.session_id] = chain\n",
            "chats = {}\n@app.get('/')\ndef home(r: Request):\n"
            "    memory = WindowMemory(k=5, per_session=False)\n"
            "    chain = Chain.from_llm(llm, memory=memory)\n    chats[r.session_id] = chain\n",
            id="a chain in a dictionary by session",
        ),
        pytest.param(
            "chats = {}\n@app.get('/')\ndef home(sid: str):\n"
            "    chats.setdefault(sid, WindowMemory(k=5))\n",
            "chats = {}\n@app.get('/')\ndef home(sid: str):\n"
            "    chats.setdefault(sid, WindowMemory(k=5, per_session=False))\n",
            id="setdefault",
        ),
    ],
)
def test_a_memory_that_is_kept_per_session_stays_so(before, after):
    head = (
        f"from fastapi import FastAPI\nfrom functools import lru_cache\n{WINDOW}app = FastAPI()\n"
    )
    project = check_transformed(sessions, head + before, head + after)
    assert [note.kind for note in project.notes] == ["changed"]
    assert "kept for each session already" in project.notes[0].message


BOT = "class Bot:\n    def __init__(self):\n        self.memory = WindowMemory({})\n"
MAKE = "def make(llm):\n    memory = WindowMemory({})\n    return Chain(llm, memory=memory)\n"
ROUTE = "@app.post('/chat')\ndef chat(r: Request):\n    phone = r.data['From']\n"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            f"{BOT}bots = {{{{}}}}\n{ROUTE}    if phone not in bots: bots[phone] = Bot()\n",
            id="in a class whose objects a dictionary keeps",
        ),
        pytest.param(
            f"{MAKE}chains = {{{{}}}}\n{ROUTE}    chains.setdefault(phone, make(llm))\n",
            id="in a function whose values a dictionary keeps",
        ),
        pytest.param(
            f"{BOT}def build():\n    bot = Bot()\n    return bot\n"
            f"bots = {{{{}}}}\n{ROUTE}    bots[phone] = build()\n",
            id="in a class that a function makes",
        ),
        pytest.param(
            f"from collections import defaultdict\n{BOT}bots = defaultdict(Bot)\n",
            id="in a class that a dictionary makes by itself",
        ),
        pytest.param(
            "@dataclass\nclass Bot:\n"
            "    memory: WindowMemory = field(default_factory=lambda: WindowMemory({}))\n"
            f"bots = {{{{}}}}\n{ROUTE}    bots[phone] = Bot()\n",
            id="in a field of a dataclass",
        ),
    ],
)
def test_a_memory_inside_what_is_kept_per_session(body):
    head = f"from fastapi import FastAPI\n{WINDOW}app = FastAPI()\n"
    check_transformed(
        sessions, head + body.format(""), head + body.format("per_session=False"), notes=None
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            f"{BOT.format('')}bots = {{}}\nfaq = Bot()\n{ROUTE}    bots[phone] = Bot()\n",
            id="one of the class is for all",
        ),
        pytest.param(
            "class Bot:\n    memory = WindowMemory()\n"
            f"bots = {{}}\n{ROUTE}    bots[phone] = Bot()\n",
            id="one for the class",
        ),
        pytest.param(
            "class Bot:\n    def __init__(self):\n        Bot.memory = WindowMemory()\n"
            f"bots = {{}}\n{ROUTE}    bots[phone] = Bot()\n",
            id="put at the class",
        ),
        pytest.param(
            "@lru_cache\ndef make():\n    return WindowMemory()\n"
            f"bots = {{}}\n{ROUTE}    bots[phone] = make()\n",
            id="kept by a cache",
        ),
    ],
)
def test_inside_what_is_kept_per_session_but_for_all(body):
    head = f"from fastapi import FastAPI\nfrom functools import lru_cache\n{WINDOW}"
    check_transformed(
        sessions,
        f"{head}app = FastAPI()\n{body}",
        f"{head}from fit512_runtime.sessions import SessionMiddleware\n"
        f"app = FastAPI()\napp.add_middleware(SessionMiddleware)\n{body}",
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "@lru_cache\ndef get(model):\n    return WindowMemory(k=5)\n", id="a cache by model"
        ),
        pytest.param("make = lambda: WindowMemory(k=5)\nm = make()\n", id="a lambda with a name"),
    ],
)
def test_still_one_for_all(body):
    head = f"from fastapi import FastAPI\nfrom functools import lru_cache\n{WINDOW}"
    check_transformed(
        sessions,
        f"{head}app = FastAPI()\n{body}",
        f"{head}from fit512_runtime.sessions import SessionMiddleware\n"
        f"app = FastAPI()\napp.add_middleware(SessionMiddleware)\n{body}",
    )


def test_the_outer_of_two_apps_gets_it():
    body = "memory = WindowMemory(k=5)\napp.mount('/api', api)\n"
    head = f"from fastapi import FastAPI\n{WINDOW}"
    check_transformed(
        sessions,
        f"{head}api = FastAPI()\napp = FastAPI()\n{body}",
        f"{head}from fit512_runtime.sessions import SessionMiddleware\n"
        f"api = FastAPI()\napp = FastAPI()\napp.add_middleware(SessionMiddleware)\n{body}",
    )


def test_each_of_two_apps_has_its_own():
    own = f"{WINDOW}from fit512_runtime.sessions import SessionMiddleware\n"
    head = f"from fastapi import FastAPI\n{own}one = FastAPI()\none.add_middleware(SessionMiddleware)\n"
    check_transformed(
        sessions,
        f"{head}two = FastAPI()\nmemory = WindowMemory(k=5)\n",
        f"{head}two = FastAPI()\ntwo.add_middleware(SessionMiddleware)\nmemory = WindowMemory(k=5)\n",
    )


def test_two_apps_get_it_with_one_import():
    head = f"from fastapi import FastAPI\n{WINDOW}"
    check_transformed(
        sessions,
        f"{head}one = FastAPI()\ntwo = FastAPI()\na = WindowMemory(k=5)\nb = WindowMemory(k=5)\n",
        f"{head}from fit512_runtime.sessions import SessionMiddleware\n"
        "one = FastAPI()\none.add_middleware(SessionMiddleware)\n"
        "two = FastAPI()\ntwo.add_middleware(SessionMiddleware)\n"
        "a = WindowMemory(k=5)\nb = WindowMemory(k=5)\n",
    )
