from __future__ import annotations

import pytest

from tests.migrate.helpers import path, write
from tools.migrate.project import Project

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"


def served(project: Project) -> list[str]:
    return sorted(map(str, project.served()))


def root(project: Project, file: str) -> str:
    return str(project.app_root(path(file)))


@pytest.mark.parametrize(
    ("source", "kind", "name"),
    [
        (FASTAPI, "fastapi", "app"),
        ("import fastapi as f\napi: f.FastAPI = f.FastAPI()\n", "fastapi", "api"),
        ("from flask import *\napp = Flask(__name__)\n", "flask", "app"),
        ("from flask import Flask\ndef make():\n    server = Flask(__name__)\n", "flask", "server"),
        (
            "from flask import Flask\nif __name__ == '__main__':\n    app = Flask(__name__)\n",
            "flask",
            "app",
        ),
        ("import streamlit as st\nst.title('x')\n", "streamlit", None),
        ("import chainlit as cl\n", "chainlit", None),
        ("import gradio as gr\nwith gr.Blocks() as demo:\n    pass\n", "gradio", "demo"),
        (
            "from telegram.ext import Application\na = Application.builder().build()\n",
            "telegram",
            None,
        ),
        ("import uvicorn\nuvicorn.run('main:app')\n", "launch", None),
    ],
)
def test_where_an_app_begins(tmp_path, source, kind, name):
    entries = Project.open(write(tmp_path, {"main.py": source})).entry_points()
    assert [(entry.kind, entry.name) for entry in entries] == [(kind, name)]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class FastAPI: ...\napp = FastAPI()\n", id="an own class"),
        pytest.param("print(1)\n", id="a script"),
        pytest.param("def broken(:\n", id="not Python"),
    ],
)
def test_what_is_no_app(tmp_path, source):
    project = Project.open(write(tmp_path, {"main.py": source}))
    assert project.entry_points() == []
    assert served(project) == []
    assert root(project, "main.py") == "."


def test_a_test_serves_nothing(tmp_path):
    project = Project.open(write(tmp_path, {"tests/test_app.py": FASTAPI, "conftest.py": FASTAPI}))
    assert project.entry_points() == []


def test_what_is_served_is_what_the_app_imports(tmp_path):
    files = {
        "app.py": "from bot.chain import get\nfrom bot import tools\n" + FASTAPI,
        "bot/__init__.py": "",
        "bot/chain.py": "from . import prompts\ndef get():\n    from .late import x\n",
        "bot/prompts.py": "",
        "bot/late.py": "",
        "bot/tools.py": "",
        "bot/unused.py": "",
        "script.py": "import torch\nfrom bot import unused\n",
    }
    project = Project.open(write(tmp_path, files))
    expected = [
        "app.py",
        "bot/__init__.py",
        "bot/chain.py",
        "bot/late.py",
        "bot/prompts.py",
        "bot/tools.py",
    ]
    assert served(project) == expected
    users = project.torch_users()
    assert [(str(u.path), u.line, u.modules, u.served) for u in users] == [
        ("script.py", 1, ("torch",), False)
    ]


def test_the_root_is_where_the_imports_resolve(tmp_path):
    files = {
        "README.md": "",
        "backend/main.py": "from services.chat import x\n" + FASTAPI,
        "backend/services/chat.py": "",
        "api/app/main.py": "from api.app.chat import x\n" + FASTAPI,
        "api/app/chat.py": "",
        "pkg/__init__.py": "",
        "pkg/web.py": "from .chat import x\n" + FASTAPI,
        "pkg/chat.py": "",
        "scripts/ingest.py": "print(1)\n",
        "scripts/tool.py": "from pkg.chat import x\n",
    }
    project = Project.open(write(tmp_path, files))
    assert {file: root(project, file) for file in files if file.endswith(".py")} == {
        "backend/main.py": "backend",
        "backend/services/chat.py": "backend",
        "api/app/main.py": ".",
        "api/app/chat.py": ".",
        "pkg/__init__.py": ".",
        "pkg/web.py": ".",
        "pkg/chat.py": ".",
        "scripts/ingest.py": "scripts",
        "scripts/tool.py": ".",
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Procfile", "web: uvicorn server.main:app --host 0.0.0.0\n"),
        ("Dockerfile", 'CMD ["gunicorn", "-b", "0.0.0.0:80", "server.main:app"]\n'),
        ("start.sh", "exec gunicorn \\\n  -b localhost:8000 server.main:app\n"),
    ],
)
def test_a_launch_file_says_the_root(tmp_path, name, text):
    project = Project.open(write(tmp_path, {name: text, "server/main.py": "x = 1\n"}))
    assert served(project) == ["server/main.py"]
    assert root(project, "server/main.py") == "."


def test_names_of_local_modules_come_before_libraries(tmp_path):
    files = {"app.py": "import memory\n" + FASTAPI, "memory.py": "import torch\n"}
    project = Project.open(write(tmp_path, files))
    assert served(project) == ["app.py", "memory.py"]
    assert project.torch_users()[0].served


def test_a_notebook_is_looked_into_but_never_served(tmp_path):
    notebook = '{"cells": [{"cell_type": "code", "source": ["import torch\\n", "x = 1"]}]}'
    project = Project.open(write(tmp_path, {"a.ipynb": notebook, "broken.ipynb": "{"}))
    users = project.torch_users()
    assert [(str(u.path), u.modules, u.served) for u in users] == [("a.ipynb", ("torch",), False)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param("Procfile", "web: python bot.py\n", ["bot.py"], id="Procfile"),
        pytest.param(
            "Dockerfile",
            'RUN python ingest.py\nCMD ["python", "bot.py"]\n',
            ["bot.py"],
            id="Docker",
        ),
        pytest.param("prepare.sh", "python ingest.py\n", [], id="a shell script"),
        pytest.param(".github/workflows/ci.yml", "run: python ingest.py\n", [], id="a workflow"),
    ],
)
def test_what_a_host_starts_is_served(tmp_path, name, text, expected):
    project = Project.open(write(tmp_path, {name: text, "bot.py": "", "ingest.py": ""}))
    assert served(project) == expected


def test_an_app_that_one_file_makes_and_another_launches_is_served_with_all_that_needs(tmp_path):
    files = {
        "src/app.py": "from page import make\nfrom bot import answer\ndemo = make()\ndemo.launch()\n",
        "src/page.py": "import gradio as gr\ndef make():\n    with gr.Blocks() as demo:\n        pass\n    return demo\n",
        "src/bot.py": "import torch\ndef answer(text): ...\n",
        "src/by_hand.py": "from page import make\nmake()\n",
        "src/tests/test_page.py": "from page import make\nmake().launch()\n",
    }
    project = Project.open(write(tmp_path / "repo", files))
    assert served(project) == ["src/app.py", "src/bot.py", "src/page.py"]


def test_a_call_that_starts_nothing_of_the_framework_is_no_entry_point(tmp_path):
    files = {
        "main.py": "from api import app\nbrowser.launch()\n",
        "api.py": FASTAPI,
    }
    project = Project.open(write(tmp_path / "repo", files))
    assert served(project) == ["api.py"]
