"""`python -m tools.migrate apps` prints what other tools read."""

from __future__ import annotations

import json

import pytest

from tests.migrate.helpers import write
from tools.migrate.cli import main

APP = """\
import os
from fastapi import FastAPI
app = FastAPI()
KEY = os.environ["OPENAI_API_KEY"]
@app.get("/health")
def health(): return {}
"""


def test_json_holds_each_app_and_the_names_of_its_secrets(tmp_path, capsys):
    write(tmp_path, {"main.py": APP, "requirements.txt": "fastapi\nuvicorn\n"})
    assert main(["apps", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": 1,
        "apps": [
            {
                "framework": "fastapi",
                "path": "main.py",
                "line": 3,
                "made": "module",
                "object": "main:app",
                "folder": ".",
                "runs_in": ".",
                "manifest": "requirements.txt",
                "command": "uvicorn main:app --host 0.0.0.0 --port $PORT --workers 1",
                "launched_by": None,
                "port": "$PORT",
                "local": [],
                "health": "/health",
                "missing": [],
            }
        ],
        "secrets": ["OPENAI_API_KEY"],
    }


@pytest.mark.parametrize(
    ("code", "secrets"),
    [
        pytest.param('os.environ["TOGETHER_AI"]', ["TOGETHER_AI"], id="required"),
        pytest.param('os.environ["PORT"]', [], id="given by the host"),
        pytest.param('os.environ["MODE"] = "x"', [], id="set here"),
        pytest.param('os.getenv("MODE")', [], id="may be missing"),
    ],
)
def test_a_variable_that_the_app_cannot_start_without_is_named(code, secrets, tmp_path, capsys):
    write(tmp_path, {"main.py": f"import os\nfrom flask import Flask\napp = Flask('a')\n{code}\n"})
    main(["apps", str(tmp_path), "--json"])
    assert json.loads(capsys.readouterr().out)["secrets"] == secrets


def test_a_repository_without_an_app_is_exit_1(tmp_path, capsys):
    write(tmp_path, {"helpers.py": "def add(a, b): return a + b\n"})
    assert main(["apps", str(tmp_path)]) == 1
    assert capsys.readouterr().out == ""


def test_a_line_says_what_starts_the_app(tmp_path, capsys):
    write(tmp_path, {"main.py": APP, "Procfile": "web: uvicorn main:app --port $PORT\n"})
    assert main(["apps", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "main.py:3  fastapi  `uvicorn main:app --port $PORT` (Procfile:1)\n"
    )
