from __future__ import annotations

from bench.before_after_table import ROWS, table
from bench.runtimes_table import table as runtimes_table
from bench.summary import summarize


def _side(title, ended, *values):
    figures = summarize([dict.fromkeys(ROWS, value) for value in values])
    return {
        "title": title,
        "installed_mib": 1620.4,
        "limits": {"512 MiB": {"ended": ended, **figures}},
    }


def test_what_was_not_reached_is_not_guessed():
    report = {
        "sides": [
            _side("held", [None, None], 10.0, 12.0),
            _side("died", ["killed", "killed"], None, None),
            _side("died once", [None, "killed"], 10.0, None),
        ]
    }

    lines = table(report)

    assert lines[:4] == [
        "| | held | died | died once |",
        "| --- | --- | --- | --- |",
        "| installed, MiB | 1,620 | 1,620 | 1,620 |",
        "| **inside 512 MiB** | held | **2 of 2**: killed | **1 of 2**: killed |",
    ]
    assert lines[5] == "| RSS at rest, MiB | 11 (10 to 12) | – | 10 |"
    assert len(lines) == 4 + len(ROWS)


def test_times_of_a_batch_are_said_beside_the_first_runtime():
    figures = summarize(
        [
            {
                "rss_mib": 400.2,
                "questions_peak_mib": 480.0,
                "batch_peak_mib": 1774.0,
                "question_p50_ms": 7.44,
                "batch_s": 8.0,
            }
        ]
    )
    parity = {"overlap": 0.9785, "mean": 0.99971, "minimum": 0.9977}
    one = {"title": "torch", "installed_mib": 1265.0, "parity": parity, **figures}
    half = {**one, "title": "half", "batch_s": {"median": 4.0}}

    assert runtimes_table({"runtimes": [one, half]})[2:] == [
        "| torch | 1,265 MiB | 400 MiB | 480 MiB | 1,774 MiB | 7.4 ms | 1.00x | 0.979 | 0.9997, 0.9977 |",
        "| half | 1,265 MiB | 400 MiB | 480 MiB | 1,774 MiB | 7.4 ms | 0.50x | 0.979 | 0.9997, 0.9977 |",
    ]
