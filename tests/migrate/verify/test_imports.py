from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.migrate.helpers import write
from tools.migrate.project import Project
from tools.migrate.serving.find import served_apps
from tools.migrate.verify.imports import statements
from tools.migrate.verify.subject import INSIDE

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"


def tried(root, files) -> list[tuple[str, str]]:
    project = Project.open(write(root, files))
    return statements(project, served_apps(project)[0])


def test_every_import_of_the_app_and_then_its_module(tmp_path):
    source = f"""\
import os, json
from bot import ask
{FASTAPI}
def late():
    from langchain.chains import (
        LLMChain, RetrievalQA as QA
    )
    from . import own
try:
    import uvloop
except ImportError:
    uvloop = None
try:
    import needed
finally:
    pass
if TYPE_CHECKING:
    import types_only
if sys.platform == "win32":
    import winreg
"""
    files = {"app.py": source, "bot.py": "import numpy\n", "script.py": "import torch\n"}
    assert tried(tmp_path, files) == [
        ("app.py:1", "import os"),
        ("app.py:1", "import json"),
        ("app.py:3", "from fastapi import FastAPI"),
        ("app.py:7", "from langchain.chains import LLMChain, RetrievalQA"),
        ("app.py:16", "import needed"),
        ("bot.py:1", "import numpy"),
        ("app.py", "import app"),
    ]


@pytest.mark.parametrize(
    ("files", "last"),
    [
        pytest.param(
            {"app.py": "import streamlit as st\nst.write(1)\n"},
            "import streamlit",
            id="a Streamlit script runs in a session",
        ),
        pytest.param(
            {"bot.py": "import chainlit as cl\n@cl.on_message\ndef on(m): ...\n"},
            "import bot",
            id="Chainlit imports it as well",
        ),
        pytest.param(
            {
                "bot.py": "from telegram.ext import Application\ndef main():\n    a = Application.builder().build()\n    a.run_polling()\nif __name__ == '__main__':\n    main()\n"
            },
            "import bot",
            id="a bot that begins below the guard",
        ),
        pytest.param(
            {
                "bot.py": "from telegram.ext import Application\na = Application.builder().build()\na.run_polling()\n"
            },
            "from telegram.ext import Application",
            id="a bot that would begin",
        ),
        pytest.param(
            {"chat.py": "import json\nwhile True:\n    input()\n"}, "import json", id="a loop"
        ),
    ],
)
def test_nothing_is_imported_that_would_not_end(tmp_path, files, last):
    assert tried(tmp_path, files)[-1][1] == last


def test_django_is_set_up_first(tmp_path):
    files = {
        "manage.py": "import os\nfrom django.core.management import execute_from_command_line\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\nexecute_from_command_line()\n",
        "site1/settings.py": "import os\n",
        "site1/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\napplication = get_wsgi_application()\n",
        "chat/views.py": "from groq import Groq\n",
        "chat/migrations/0001.py": "from django.db import migrations\n",
    }
    assert [statement for _, statement in tried(tmp_path, files)] == [
        "import os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')",
        "import django; django.setup()",
        "from groq import Groq",
        "import os",
        "import os",
        "from django.core.wsgi import get_wsgi_application",
        "import site1.wsgi",
    ]


def test_what_fails_is_said_with_its_place(tmp_path):
    write(tmp_path, {"shop.py": "raise ValueError('no key\\nset one')\n"})
    statements = [
        ["a.py:1", "import json"],
        ["a.py:2", "from json import nothing"],
        ["a.py:3", "import not_there"],
        ["shop.py", "import shop"],
        ["a.py:4", "exit(3)"],
    ]
    asked = {"folder": str(tmp_path), "statements": statements}
    (tmp_path / "asked.json").write_text(json.dumps(asked), "utf-8")
    script = [sys.executable, INSIDE / "try_imports.py", "asked.json", "seen.json"]
    subprocess.run(script, cwd=tmp_path, check=True)
    seen = json.loads((tmp_path / "seen.json").read_text("utf-8"))
    assert [[place, error.partition(" (")[0]] for place, error in seen] == [
        ["a.py:2", "ImportError: cannot import name 'nothing' from 'json'"],
        ["a.py:3", "ModuleNotFoundError: No module named 'not_there'"],
        ["shop.py", "ValueError: no key"],
        ["a.py:4", "SystemExit: 3"],
    ]
