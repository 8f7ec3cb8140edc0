"""The report of `bench.profile_sides` as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NO_STAGE = "–"


def table(report: Mapping[str, Any]) -> list[str]:
    """What each side is made of, and its figures of each stage, by time as the first side's."""
    sides = report["sides"]
    stages = [{stage["name"]: stage for stage in side["stages"]} for side in sides]
    names = dict.fromkeys(name for side in stages for name in side)
    return [
        "| stage ends | " + " | ".join(side["title"] for side in sides) + " |",
        "| --- |" + " --- |" * len(sides),
        _row("with", [_packages(side.get("packages") or {}) for side in sides]),
        *(_row(name, [_cell(side.get(name)) for side in stages]) for name in names),
        _row("peak", [_cell(side["peak"]) for side in sides]),
        *([_row("who", [_who(side) for side in sides])] if any(map(_who, sides)) else []),
    ]


def _packages(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items()) or _NO_STAGE


def _who(side: Mapping[str, Any]) -> str:
    """The largest first: "torch 160 MiB (imports)"; "" in reports that do not tell."""
    found = side.get("causes") or ()
    return ", ".join(f"{one['name']} {one['mib']:.0f} MiB ({one['how']})" for one in found)


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def _cell(figures: Mapping[str, Any] | None) -> str:
    """ "131 MiB RSS, 94 working set, after 4.3 s"; a dash for a stage that a side does not show."""
    if figures is None:
        return _NO_STAGE
    at_ms, working_set = figures.get("at_ms"), figures["working_set_mib"]
    said = [f"{figures['rss_mib']['median']:.0f} MiB RSS"]
    said += [f"{working_set['median']:.0f} working set"] if working_set else []
    said += [f"after {at_ms['median'] / 1000:.1f} s"] if at_ms else []
    return ", ".join(said)
