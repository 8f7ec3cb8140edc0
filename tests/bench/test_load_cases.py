"""The list of committed loads: each can be asked for, and is one that the command line takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.load_cases import cases
from loadtests.arguments import check_target, parser
from loadtests.plan import plan

CASES = cases("5m", "30m", None, Path())


@pytest.mark.parametrize("name", CASES)
def test_each_is_a_command_that_is_taken(name):
    arguments = parser().parse_args(CASES[name].arguments)

    check_target(arguments)
    assert plan(arguments.shape)
    assert CASES[name].title


def test_what_the_target_is_shown_by_is_loaded_inside_both_limits():
    shown = {
        f"{shape}-{limit}"
        for shape in ("steady", "spike", "sessions", "soak")
        for limit in (512, 160)
    }

    assert shown <= set(CASES)
