from __future__ import annotations

import pytest

from deploy.shell import for_docker, from_root
from tests.deploy.helpers import a_plan


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
        ("echo 'a && b'", "echo 'a && b'"),
        ("(a; b) && c", "(a; b) && c"),
    ],
)
def test_what_runs_last_gets_the_signals(command, expected):
    assert for_docker(a_plan(command=command)) == expected


def test_a_folder_with_a_blank():
    assert from_root(a_plan(folder="my app", command="a && b")) == "cd 'my app' && a && exec b"
