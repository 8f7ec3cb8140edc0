"""Real processes: what a run reports of an app that holds, fails, hangs, dies or is killed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import side_run
from bench.side_run import FIGURES, ONE_AT_A_TIME, measure
from bench.sides import Side, make
from vectorstore.commandline import CommandError

APP = Path(__file__).with_name("chat_app.py")
REACHED_AT_REST = {"ready_s", "rest_rss_mib", "rest_anonymous_mib", "rest_working_set_mib"}


def _measure(tmp_path, *how, limit_mib=256.0):
    arguments = (str(APP), "{port}", *how)
    side = Side("app", "app", Path(sys.executable), tmp_path, arguments, {}, "/", [], False)
    asked = [f"question {n}?" for n in range(ONE_AT_A_TIME + 16)]
    return measure(side, limit_mib, asked, tmp_path / "log")


def _reached(found):
    return {name for name in FIGURES if found[name] is not None}


def test_an_app_that_holds_has_every_figure(tmp_path):
    found = _measure(tmp_path)

    assert found["ended"] is None
    expected = set(FIGURES)
    if found["enforcement"] == "watched":
        expected -= {name for name in FIGURES if "working_set" in name}
    assert _reached(found) == expected


@pytest.mark.parametrize(
    ("how", "ended"),
    [
        pytest.param("dies", "ended with 7 while it was asked 1 at a time", id="dies"),
        pytest.param("fails", "200 of 200 questions got an error", id="fails"),
    ],
)
def test_how_it_ended_is_said_and_nothing_later_is_made_up(tmp_path, how, ended):
    found = _measure(tmp_path, how)

    assert found["ended"] == ended
    assert _reached(found) - {"peak_rss_mib"} <= REACHED_AT_REST


def test_one_that_is_too_slow_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(side_run, "ANSWERED_WITHIN_S", 1)

    assert _measure(tmp_path, "slow")["ended"] == "200 questions, 1 at a time, took over 1 s"


def test_one_that_takes_too_much_is_killed(tmp_path):
    found = _measure(tmp_path, "hoards", limit_mib=96.0)

    assert found["ended"].startswith("killed for memory: ended with -9")


def test_one_that_does_not_start_says_so(tmp_path):
    side = Side("app", "app", Path(sys.executable), tmp_path, ("-c", ""), {}, "/", [], False)

    assert measure(side, 256.0, ["?"], tmp_path / "log")["ended"] == (
        "ended with 0 before it was ready"
    )


def test_sides_are_made_of_the_commit_whose_figures_they_are(tmp_path):
    with pytest.raises(CommandError, match=r"is at no commit: git -C .* checkout 24a8007"):
        make(tmp_path, tmp_path / "work", print)
    assert not (tmp_path / "work").exists()
