"""A small profile to report on, with every kind of figure in it."""

from __future__ import annotations

from typing import Any

from tools.profile.result import Figure, Profile, Stage


def figure(*values: float) -> Figure:
    found = Figure.of(values)
    assert found is not None
    return found


def stage(name: str, at_ms: float, rss_mib: float) -> Stage:
    figures = {"at_ms": figure(at_ms), "rss_mib": figure(rss_mib), "working_set_mib": None}
    return Stage(name, figures)


def profile(**changed: Any) -> Profile:
    fields: dict[str, Any] = {
        "command": ("python", "-m", "app"),
        "machine": {"cores": 2},
        "versions": {"python": "3.11.2"},
        "content": {"paths": ["app"], "sha256": "0" * 64},
        "limit_mib": 512.0,
        "enforcement": "cgroup v2",
        "health_path": "/health",
        "ready_path": "/health",
        "requests": {"from": "GET /health", "sent": 10},
        "runs": 3,
        "peak": {
            "working_set_mib": figure(90.0, 100.0, 110.0),
            "rss_mib": figure(120, 121, 122),
            "cgroup_peak_mib": None,
        },
        "stages": (stage("interpreter", 20.0, 9.5), stage("ready", 900.0, 80.25)),
        "load": {"asked": figure(10, 10), "answered": figure(10, 10), "p95_ms": figure(4.04)},
        "timeline": ({"at_ms": 0.0, "rss_mib": 9.5, "working_set_mib": None},),
        "unstable": True,
        "not_measured": ("cgroup_peak_mib: the kernel keeps no such mark",),
    }
    return Profile(**{**fields, **changed})
