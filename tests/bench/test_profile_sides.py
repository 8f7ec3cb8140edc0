from __future__ import annotations

from bench.profile_sides import slim
from bench.profile_sides_table import table
from tests.profile.gate import profiles


def figure(median):
    return {"median": median, "min": median, "max": median, "spread": 0.0}


def profile(*stages):
    found = {"rss_mib": figure(100.4), "working_set_mib": figure(80.6), "swap_mib": figure(0.0)}
    return {
        **profiles.measured().as_json(),
        "limit_mib": 8192.0,
        "enforcement": "cgroup v2",
        "ready_path": "/",
        "peak": found,
        "stages": [
            {"name": name, "seen": "x", "at_ms": figure(at_ms), **found} for name, at_ms in stages
        ],
        "load": {"per_second": figure(12.3)},
        "unstable": False,
        "timeline": [{"at_ms": 1.0}],
        "who": {},
    }


def test_only_what_is_compared_is_kept():
    kept = slim(profile(("imports", 500.0)))
    assert "timeline" not in kept
    assert "who" not in kept
    assert kept["stages"] == [
        {
            "name": "imports",
            "seen": "x",
            "at_ms": figure(500.0),
            "rss_mib": figure(100.4),
            "working_set_mib": figure(80.6),
        }
    ]


def test_the_sides_stage_by_stage():
    ours = slim(profile(("imports", 500.0), ("model", 1260.0), ("ready", 2000.0)))
    other = slim(profile(("imports", 9000.0), ("ready", 10000.0)))
    other["peak"]["working_set_mib"] = None
    report = {
        "sides": [
            {"title": "ours", "packages": {"onnxruntime": "1.32.0", "faiss-cpu": "1.15.1"}, **ours},
            {"title": "other", **other},
        ]
    }
    same = "100 MiB RSS, 81 working set"
    assert table(report) == [
        "| stage ends | ours | other |",
        "| --- | --- | --- |",
        "| with | onnxruntime 1.32.0, faiss-cpu 1.15.1 | – |",
        f"| imports | {same}, after 0.5 s | {same}, after 9.0 s |",
        f"| model | {same}, after 1.3 s | – |",
        f"| ready | {same}, after 2.0 s | {same}, after 10.0 s |",
        f"| peak | {same} | 100 MiB RSS |",
    ]


def test_whose_the_memory_is_of_each_side():
    ours = {**profile(("imports", 500.0)), "who": profiles.who(torch_mib=40.0)}
    other = profile(("imports", 900.0))
    sides = [{"title": "ours", **slim(ours)}, {"title": "other", **slim(other)}]
    assert table({"sides": sides})[-1] == (
        "| who | torch 40 MiB (imports), model.onnx 20 MiB (mapped model),"
        " interpreter and standard library 15 MiB (RSS) |  |"
    )
