"""Profiles with a known `who`, and a budget to hold them against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.profile.profiles import figure, profile
from tools.profile.result import Profile, Stage

BUDGET = """\
[budget]
limit = "512MiB"
fail = 0.5
warn = 0.4

growth = "8MiB"
baseline = "baseline.json"

[stages]
ready = "100MiB"

[packages]
torch = "50MiB"
"""


def rung(package: str, own_mib: float, *chain: str) -> dict[str, Any]:
    return {
        "package": package,
        "own_mib": own_mib,
        "total_mib": own_mib,
        "own_ms": 10.0,
        "total_ms": 10.0,
        "modules": 1,
        "chain": [*chain, package],
    }


def who(torch_mib: float = 40.0, **allocated: float) -> dict[str, Any]:
    rungs = [rung("torch", torch_mib, "app", "transformers"), rung("standard library", 6.0)]
    model = {
        "file": "model.onnx",
        "kind": "model",
        "package": None,
        "rss_mib": 20.0,
        "pss_mib": 20.0,
    }
    return {
        "rss_mib": 120.0,
        "processes": 1,
        "imports": {
            "python": "3.11.7",
            "interpreter_mib": 9.0,
            "imports_mib": torch_mib + 6.0,
            "imports_ms": 20.0,
            "rungs": rungs,
        },
        "mapped": {"files": [model], "anonymous_mib": 60.0, "heap_mib": 30.0, "stack_mib": 0.1},
        "allocations": {
            "peak_mib": sum(allocated.values()),
            "packages": allocated,
            "stages": {},
            "places": [],
            "processes": 1,
        },
        "flame_graph": "profile-memray.html",
        "not_measured": [],
    }


def measured(peak_mib: float = 100.0, ready_mib: float = 80.0, **changed: Any) -> Profile:
    """Of a working set that is the same in every run."""
    stages = (
        Stage("ready", {"at_ms": figure(900.0), "rss_mib": figure(90.0), "working_set_mib": figure(ready_mib)}),
    )  # fmt: skip
    peak = {
        "working_set_mib": figure(peak_mib),
        "rss_mib": figure(130.0),
        "cgroup_peak_mib": figure(140.0),
    }
    given = {
        "stages": stages,
        "peak": peak,
        "who": who(),
        "unstable": False,
        "content": None,
        "not_measured": (),
    }
    return profile(**{**given, **changed})


def budget_file(folder: Path, text: str = BUDGET) -> Path:
    file = folder / "budget.toml"
    file.write_text(text, "utf-8")
    return file
