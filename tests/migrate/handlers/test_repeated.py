"""Which calls of `load` run again and again, and what begins them."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from tests.migrate.helpers import Files, write
from tools.migrate.handlers.repeated import Repeated
from tools.migrate.lifetime import places
from tools.migrate.project import Project

FLASK = "from flask import Flask\nfrom models import load\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI, Depends\nfrom models import load\napp = FastAPI()\n"
STREAMLIT = "import streamlit as st\nfrom models import load\n"
GRADIO = "import gradio as gr\nfrom models import load\ndef answer(q):\n    return load()\n"
TELEGRAM = "from telegram.ext import ApplicationBuilder, MessageHandler, filters\nfrom models import load\n"


def repeated(root: Path, files: Files | str) -> list[tuple[str, str, str]]:
    """(file of the call, when, what begins it) for each call of `load` that is repeated."""
    files = {"app.py": files} if isinstance(files, str) else files
    project = Project.open(write(root, {"models.py": "def load(): ...\n", **files}))
    found = Repeated(project)
    return [
        (str(path), handler.when, handler.name)
        for path in project.python()
        for place in places(project, path)
        if isinstance(place.node, ast.Call) and ast.unparse(place.node.func) == "load"
        if (handler := found.at(place))
    ]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(FLASK + "db = load()\n", id="once, at import"),
        pytest.param(FLASK + "def make():\n    return load()\ndb = make()\n", id="once, called"),
        pytest.param(FLASK + "def unused():\n    return load()\n", id="never"),
        pytest.param(
            FASTAPI + "@app.on_event('startup')\ndef start():\n    app.state.db = load()\n",
            id="at the start",
        ),
        pytest.param(
            FASTAPI + "from contextlib import asynccontextmanager\n@asynccontextmanager\n"
            "async def lifespan(app):\n    app.state.db = load()\n    yield\n",
            id="lifespan",
        ),
        pytest.param(
            FASTAPI + "from functools import lru_cache\n@lru_cache\ndef db():\n    return load()\n"
            "@app.get('/')\ndef home(db=Depends(db)):\n    return db\n",
            id="a cached dependency",
        ),
        pytest.param(
            FLASK + "db = None\n@app.route('/')\ndef home():\n    global db\n"
            "    if db is None:\n        db = load()\n    return db\n",
            id="the first time, in a global",
        ),
        pytest.param(
            FLASK + "db = None\ndef get():\n    global db\n    if db:\n        return db\n"
            "    db = load()\n    return db\n@app.route('/')\ndef home():\n    return get()\n",
            id="the first time, returned before",
        ),
        pytest.param(
            FLASK + "class Bot:\n    model = None\n    def ask(self):\n"
            "        if not self.model:\n            self.model = load()\n"
            "bot = Bot()\n@app.route('/')\ndef home():\n    return bot.ask()\n",
            id="the first time, in an attribute",
        ),
        pytest.param(
            FLASK + "dbs = {}\n@app.route('/<name>')\ndef home(name):\n"
            "    if name not in dbs:\n        dbs[name] = load()\n    return dbs[name]\n",
            id="the first time, in a dictionary",
        ),
        pytest.param(
            FLASK + "class Bot:\n    def __init__(self):\n        self.model = load()\n"
            "bot = Bot()\n@app.route('/')\ndef home(bot: Bot = bot):\n    return bot\n",
            id="an object made once, whose class is named as a type",
        ),
        pytest.param(
            FLASK + "class Store:\n    def get(self):\n        return load()\n"
            "@app.get('/')\ndef home(): ...\n",
            id="a method named as a decorator",
        ),
        pytest.param(
            STREAMLIT + "@st.cache_resource\ndef db():\n    return load()\ndb()\n",
            id="cached by Streamlit",
        ),
        pytest.param(
            STREAMLIT + "@st.experimental_singleton()\ndef db():\n    return load()\ndb()\n",
            id="cached by an old Streamlit",
        ),
        pytest.param("from models import load\ndef route():\n    load()\nroute()\n", id="a script"),
    ],
)
def test_not_repeated(source: str, tmp_path: Path):
    assert repeated(tmp_path, source) == []


@pytest.mark.parametrize(
    ("source", "when", "name"),
    [
        pytest.param(
            FLASK + "@app.route('/')\ndef home():\n    return load()\n",
            "for each request",
            "home",
            id="Flask route",
        ),
        pytest.param(
            FLASK + "def home():\n    return load()\napp.add_url_rule('/', view_func=home)\n",
            "for each request",
            "home",
            id="Flask rule",
        ),
        pytest.param(
            FLASK + "from flask.views import MethodView\nclass Home(MethodView):\n"
            "    def get(self):\n        return load()\n",
            "for each request",
            "get",
            id="Flask view",
        ),
        pytest.param(
            FLASK + "@app.before_request\ndef prepare():\n    load()\n",
            "for each request",
            "prepare",
            id="Flask hook",
        ),
        pytest.param(
            "from flask import Flask\nfrom models import load\ndef create():\n"
            "    app = Flask(__name__)\n    @app.post('/')\n    def home():\n        return load()\n"
            "    return app\n",
            "for each request",
            "home",
            id="app factory",
        ),
        pytest.param(
            FASTAPI + "@app.websocket('/chat')\nasync def chat(ws):\n    load()\n",
            "for each request",
            "chat",
            id="FastAPI socket",
        ),
        pytest.param(
            FASTAPI
            + "def db():\n    return load()\n@app.get('/')\ndef home(db=Depends(db)): ...\n",
            "for each request",
            "db",
            id="FastAPI dependency",
        ),
        pytest.param(
            FASTAPI + "db = None\n@app.post('/upload')\ndef upload():\n    global db\n"
            "    db = load()\n",
            "for each request",
            "upload",
            id="a global, every time",
        ),
        pytest.param(
            "import chainlit as cl\nfrom models import load\n@cl.on_chat_start\n"
            "async def start():\n    cl.user_session.set('db', load())\n",
            "for each chat",
            "start",
            id="Chainlit chat",
        ),
        pytest.param(
            "from chainlit import on_message\nfrom models import load\n@on_message\n"
            "async def main(message):\n    load()\n",
            "for each message",
            "main",
            id="Chainlit message",
        ),
        pytest.param(
            GRADIO + "gr.Interface(fn=answer, inputs='text', outputs='text').launch()\n",
            "for each event",
            "answer",
            id="Gradio interface",
        ),
        pytest.param(
            GRADIO + "with gr.Blocks() as demo:\n    box = gr.Textbox()\n    box.submit(answer)\n",
            "for each event",
            "answer",
            id="Gradio event",
        ),
        pytest.param(
            "import gradio as gr\nfrom models import load\nwith gr.Blocks() as demo:\n"
            "    ask = gr.Button()\n    @ask.click(inputs=[])\n    def answer():\n        load()\n",
            "for each event",
            "answer",
            id="Gradio decorator",
        ),
        pytest.param(
            "import socketio\nfrom fastapi import FastAPI\nfrom models import load\n"
            "app = FastAPI()\nsio = socketio.AsyncServer()\n@sio.event\n"
            "async def message(sid, data):\n    load()\n",
            "for each message",
            "message",
            id="Socket.IO event",
        ),
        pytest.param(
            TELEGRAM + "async def reply(update, context):\n    load()\n"
            "app = ApplicationBuilder().token('').build()\n"
            "app.add_handler(MessageHandler(filters.TEXT, reply))\n",
            "for each message",
            "reply",
            id="Telegram handler",
        ),
        pytest.param(
            "import telebot\nfrom models import load\nbot = telebot.TeleBot('')\n"
            "@bot.message_handler(func=lambda m: True)\ndef reply(m):\n    load()\n",
            "for each message",
            "reply",
            id="telebot",
        ),
        pytest.param(STREAMLIT + "db = load()\n", "whenever the script runs", "", id="Streamlit"),
        pytest.param(
            STREAMLIT + "def main():\n    if st.button('Process'):\n        load()\n"
            "if __name__ == '__main__':\n    main()\n",
            "whenever the script runs",
            "",
            id="Streamlit function",
        ),
    ],
)
def test_repeated(source: str, when: str, name: str, tmp_path: Path):
    assert repeated(tmp_path, source) == [("app.py", when, name)]


@pytest.mark.parametrize(
    "source",
    [
        "if 'db' not in st.session_state:\n    st.session_state.db = load()\n",
        "if st.session_state.get('db') is None:\n    st.session_state['db'] = load()\n",
        "def db():\n    if 'db' in st.session_state:\n        return st.session_state.db\n"
        "    st.session_state.db = load()\n    return st.session_state.db\ndb()\n",
        "def make():\n    return load()\n"
        "if 'db' not in st.session_state:\n    st.session_state.db = make()\n",
    ],
)
def test_the_state_of_a_streamlit_session_is_a_visitors_own(source: str, tmp_path: Path):
    assert repeated(tmp_path, STREAMLIT + source) == [("app.py", "for each visitor", "")]


def test_views_of_django_by_their_urls(tmp_path: Path):
    files = {
        "shop/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
        "application = get_wsgi_application()\n",
        "shop/urls.py": "from django.urls import path\nfrom . import views\n"
        "urlpatterns = [path('', views.home), path('bot', views.Bot.as_view())]\n",
        "shop/views.py": "from models import load\ndef home(request):\n    load()\n"
        "class Bot:\n    def get(self, request):\n        load()\n"
        "def unrouted(request):\n    load()\n",
    }
    files = {f"site/{name}": text for name, text in files.items()}
    files["site/models.py"] = "def load(): ...\n"
    assert repeated(tmp_path, files) == [
        ("site/shop/views.py", "for each request", "home"),
        ("site/shop/views.py", "for each request", "get"),
    ]


def test_through_classes_and_packages(tmp_path: Path):
    files = {
        "app.py": """\
            from flask import Flask
            from engine import Engine
            app = Flask(__name__)
            @app.route("/")
            def home():
                return Engine("x").ask("y")
            """,
        "engine/__init__.py": "from .core import Engine\n",
        "engine/base.py": """\
            import models
            from models import load
            class Base:
                def __init__(self):
                    load()
                def search(self):
                    return self.again()
                def again(self):
                    load()
                def unused(self):
                    load()
            """,
        "engine/core.py": """\
            from .base import Base
            class Engine(Base):
                def __init__(self, name):
                    super().__init__()
                def ask(self, question):
                    return self.search()
            """,
    }
    found = repeated(tmp_path, {name: dedent(text) for name, text in files.items()})
    assert found == [("engine/base.py", "for each request", "home")] * 2


def test_handed_on_to_a_thread_it_runs_as_well(tmp_path: Path):
    source = FASTAPI + (
        "import asyncio\ndef work():\n    load()\n"
        "@app.get('/')\nasync def home():\n    await asyncio.to_thread(work)\n"
    )
    assert repeated(tmp_path, source) == [("app.py", "for each request", "home")]


def test_scripts_of_streamlit_run_again_what_they_import_once(tmp_path: Path):
    files = {
        "app.py": STREAMLIT + "import helper\nimport pages.more\ndb = load()\n",
        "helper.py": STREAMLIT + "db = load()\n",
        "pages/more.py": STREAMLIT + "import app\ndb = load()\n",
        "tests/test_app.py": "import app\n",
    }
    assert repeated(tmp_path, files) == [
        ("app.py", "whenever the script runs", ""),
        ("pages/more.py", "whenever the script runs", ""),
    ]


def test_functions_that_call_each_other_end(tmp_path: Path):
    source = FLASK + (
        "def a():\n    b()\ndef b():\n    a()\n    load()\n@app.route('/')\ndef home():\n    a()\n"
    )
    assert repeated(tmp_path, source) == [("app.py", "for each request", "home")]
