"""Evidence of an app whose stages have known figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.profile.gate.profiles import rung, who
from tests.profile.profiles import figure, profile
from tools.profile.doctor.evidence import Evidence
from tools.profile.doctor.hostlog import signs
from tools.profile.result import Stage

# name -> (ms since the start, anonymous MiB): an app with nothing wrong.
HEALTHY = {
    "interpreter": (30.0, 4.0),
    "imports": (1000.0, 50.0),
    "model": (1500.0, 70.0),
    "store": (1600.0, 72.0),
    "ready": (1700.0, 74.0),
    "first_request": (1800.0, 76.0),
    "load": (5000.0, 80.0),
    "after": (6000.0, 80.0),
}


def evidence(
    stages: dict[str, tuple[float, float]] | None = None,
    *,
    packages: Sequence[dict[str, Any]] = (),
    log: str = "",
    load: tuple[float, float] = (20.0, 40.0),
    peak: dict[str, float] | None = None,
    mapped: Sequence[tuple[str, float]] = (),
    parts: dict[str, Any] | None = None,
    **changed: Any,
) -> Evidence:
    """`stages` change those of the healthy app, `load` is p50 and p95 in ms, `mapped` kind and MiB."""
    known = {**HEALTHY, **(stages or {})}
    found = who()
    found["imports"]["rungs"] = list(packages)
    found["mapped"]["files"] = [
        {"file": kind, "kind": kind, "package": None, "rss_mib": mib, "pss_mib": mib}
        for kind, mib in mapped
    ]
    highest = {"anonymous_mib": 80.0, "uss_mib": 90.0, "working_set_mib": 100.0, "processes": 1.0}
    fields = {
        name: changed.pop(name)
        for name in ("malloc", "leak", "processes", "content")
        if name in changed
    }
    measured = profile(
        stages=tuple(
            Stage(name, {"at_ms": figure(at), "anonymous_mib": figure(mib)})
            for name, (at, mib) in known.items()
        ),
        load={"p50_ms": figure(load[0]), "p95_ms": figure(load[1]), **(parts or {})},
        peak={name: figure(value) for name, value in {**highest, **(peak or {})}.items()},
        who=found,
        **fields,
    )
    return Evidence(**{"profile": measured, "signs": signs(log.splitlines()), **changed})


__all__ = ["HEALTHY", "evidence", "rung"]
