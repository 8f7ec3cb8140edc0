from __future__ import annotations

import os
import subprocess
import sys

import pytest

from deploy.shell import for_docker, from_root, install
from tests.deploy.helpers import a_plan, write


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python bot.py", "exec python bot.py"),
        ("exec python bot.py", "exec python bot.py"),
        ("LEVEL=1 python bot.py", "exec env LEVEL=1 python bot.py"),
        ("python make.py && python bot.py", "python make.py && exec python bot.py"),
        ("a && b && LEVEL=1 c", "a && b && exec env LEVEL=1 c"),
        ("python bot.py | tee log", "python bot.py | tee log"),
        ("python serve.py & python bot.py", "python serve.py & python bot.py"),
        ("echo 'a && b'", "exec echo 'a && b'"),
        ("a; b || c", "a; b || exec c"),
        ("make data; . ./start", "make data; . ./start"),
        ("(a; b) && c", "(a; b) && c"),
    ],
)
def test_what_runs_last_gets_the_signals(command, expected):
    assert for_docker(a_plan(command=command)) == expected


def test_a_folder_with_a_blank():
    assert from_root(a_plan(folder="my app", command="a && b")) == "cd 'my app' && a && exec b"


def test_in_the_root_a_shell_stays_for_one_command_alone():
    assert from_root(a_plan(command="a")) == "a"
    assert from_root(a_plan(command="a && b")) == "a && exec b"


@pytest.mark.slow
def test_uv_installs_into_the_environment_that_starts_the_app(tmp_path):
    project = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n'
    write(tmp_path, {"pyproject.toml": project, "main.py": ""})
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "there"], check=True)
    programs = [tmp_path / "there/bin", os.path.dirname(sys.executable), os.environ["PATH"]]
    environment = {**os.environ, "PATH": ":".join(map(str, programs)), "UV_OFFLINE": "1"}
    command = install(a_plan(manifest="uv.lock")).removeprefix("pip install uv && ")
    done = subprocess.run(
        ["sh", "-c", f"uv lock && {command}"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / ".venv").exists()
    assert (tmp_path / "there/bin/pip").exists()
