from __future__ import annotations

import pytest

from tools.migrate.requirements.resolve import _shortened


@pytest.mark.parametrize(
    ("said", "short"),
    [
        pytest.param("error: No solution", "error: No solution", id="short already"),
        pytest.param("  × No\n  ╰─▶ solution\n", "No solution", id="its drawing"),
        pytest.param(
            "× Failed to build `x==1`\n╰─▶ exit status: 1\n\n[stderr]\nTraceback: /home/me/x.py",
            "Failed to build `x==1` exit status: 1",
            id="the traceback of a build",
        ),
        pytest.param("x" * 700, "x" * 599 + "…", id="long"),
    ],
)
def test_a_message_in_short(said: str, short: str) -> None:
    assert _shortened(said) == short
