from __future__ import annotations

import subprocess

import pytest

from deploy.preflight import committed_secrets
from deploy.preflight.context import Context
from deploy.repository import Repository
from tests.deploy.helpers import a_plan, commit, found, write

KEY = "sk-" + "a1B2" * 10


def test_an_example_and_a_name_are_no_secret(tmp_path):
    write(
        tmp_path,
        {".env.example": "OPENAI_API_KEY=", "app.py": "key = os.environ['OPENAI_API_KEY']"},
    )
    commit(tmp_path)
    assert found(committed_secrets, tmp_path) == []


def test_a_committed_file_and_a_key_in_code_are_errors(tmp_path):
    write(tmp_path, {".env": "A=b", "app.py": f"import os\nkey = '{KEY}'\n"})
    commit(tmp_path)
    assert found(committed_secrets, tmp_path) == [("error", ".env"), ("error", "app.py:2")]


def test_the_key_itself_is_not_shown(tmp_path):
    write(tmp_path, {"app.py": f"key = '{KEY}'\n"})
    context = Context(a_plan(), Repository(tmp_path), "render", 512.0)
    said = [str(problem) for problem in committed_secrets.check(context)]
    assert len(said) == 1
    assert KEY not in said[0]


@pytest.mark.parametrize(
    ("path", "text", "count"),
    [
        pytest.param(".env.example", f"OPENAI_API_KEY={KEY}\n", 1, id="in the example"),
        pytest.param("notes.ipynb", f'"{KEY}"\n', 1, id="notebook"),
        pytest.param("bot.py", f"TOKEN = '7312345678:AA{'aB3_-' * 6}xyz'\n", 1, id="Telegram"),
        pytest.param("notes.txt", f"sk-{'x' * 40}\n", 0, id="placeholder"),
        pytest.param("server.key", "-----BEGIN RSA PRIVATE KEY-----\n", 1, id="private key"),
    ],
)
def test_where_keys_are_left(path, text, count, tmp_path):
    write(tmp_path, {path: text})
    assert found(committed_secrets, tmp_path) == [("error", f"{path}:1")] * count


def test_before_the_first_add_what_is_ignored_is_not_pushed(tmp_path):
    write(tmp_path, {".env": "A=b", ".gitignore": ".env\n", "app.py": ""})
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    assert found(committed_secrets, tmp_path) == []
