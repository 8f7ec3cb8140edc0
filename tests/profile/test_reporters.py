from __future__ import annotations

import json
from dataclasses import replace

from tests.profile.gate.profiles import who
from tests.profile.profiles import profile
from tools.profile.reporters import print_json, render


def test_what_run_prints():
    assert render(profile()).splitlines() == [
        "stage              after ms          RSS    anonymous         file  working set",
        "interpreter            20.0          9.5            -            -            -",
        "ready                 900.0         80.2            -            -            -",
        "",
        "peak working set 100 MiB of 512 MiB, RSS 121 MiB (cgroup v2)",
        "answered 10 of 10 requests, p95 4.0 ms",
        "unstable: peak working_set_mib (20% apart)",
        "not measured: cgroup_peak_mib: the kernel keeps no such mark",
    ]


def test_the_terminal_says_what_each_end_was_seen_by():
    stages = tuple(replace(stage, seen="first answer") for stage in profile().stages)
    assert render(profile(stages=stages)).splitlines()[:2] == [
        "stage              after ms          RSS    anonymous         file  working set  end seen by",
        "interpreter            20.0          9.5            -            -            -  first answer",
    ]


def test_the_terminal_says_whose_it_is():
    shown = render(profile(who=who(torch_mib=40.0)))
    assert (
        "whose it is, the largest first:\n  torch 40.0 MiB (imports, by app > transformers)"
        in shown
    )
    assert "\n  model.onnx 20.0 MiB (mapped model)\n" in shown


def test_without_a_cgroup_the_peak_is_rss():
    shown = render(profile(peak={"rss_mib": profile().peak["rss_mib"]}, enforcement="not enforced"))
    assert "peak RSS 121 MiB of 512 MiB (not enforced)" in shown


def test_without_a_limit_nothing_enforces_one():
    shown = render(profile(limit_mib=None, enforcement="none"))
    assert "peak working set 100 MiB without a limit, RSS 121 MiB\n" in shown


def test_json_is_the_profile_alone(capsys):
    print_json(profile())
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(profile().as_json()))
