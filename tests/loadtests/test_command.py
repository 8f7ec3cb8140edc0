from __future__ import annotations

import pytest

from loadtests.report.command import shown


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["--shape", "soak"], "--shape soak", id="nothing to hide"),
        pytest.param(["--env", "KEY=a=b c"], "--env 'KEY=…'", id="a variable"),
        pytest.param(["--env=KEY=secret"], "'--env=KEY=…'", id="in one word"),
        pytest.param(["--env", "A=1", "--env", "B=2"], "--env 'A=…' --env 'B=…'", id="two"),
        pytest.param(
            ["--host", "https://me:secret@bot.example/a"],
            "--host https://bot.example/a",
            id="a password",
        ),
        pytest.param(["--questions", "a b.txt"], "--questions 'a b.txt'", id="a space"),
    ],
)
def test_the_command_is_shown_without_secrets(words, expected):
    assert shown(words) == f"python -m loadtests {expected}"
