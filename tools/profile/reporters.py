"""A profile in the terminal: what `run` prints, and JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tools.limits import format_mib
from tools.profile.death import death_line
from tools.profile.gate.causes import causes
from tools.profile.result import Figure, Profile

_COLUMNS = ("at_ms", "rss_mib", "anonymous_mib", "file_mib", "working_set_mib")
_CAUSES = 5
_HEADS = ("stage", "after ms", "RSS", "anonymous", "file", "working set")


def say(line: str) -> None:
    """Talk, on stderr: stdout is the result."""
    print(line, file=sys.stderr, flush=True)


def print_json(profile: Profile) -> None:
    print(json.dumps(profile.as_json(), indent=1))


def print_result(as_json: bool, found: Mapping[str, Any], text: str) -> None:
    """What a command found: as JSON, or as text for a person."""
    print(json.dumps(found, indent=1, default=asdict) if as_json else text)


def print_profile(profile: Profile) -> None:
    print(render(profile))


def render(profile: Profile) -> str:
    """The stages in MiB, the peak against the limit, and what is missing or unsure."""
    rows = [[stage.name, *map(stage.figures.get, _COLUMNS)] for stage in profile.stages]
    cells = [_HEADS, *([str(row[0]), *map(_cell, row[1:])] for row in rows)]
    table = [f"{line[0]:<14}" + "".join(f"{cell:>13}" for cell in line[1:]) for line in cells]
    seen = ["end seen by", *(stage.seen for stage in profile.stages)]
    if any(seen[1:]):
        table = [f"{line}  {by}".rstrip() for line, by in zip(table, seen, strict=True)]
    told = [*_verdict(profile), *_load(profile), *_causes(profile), *_doubts(profile)]
    return "\n".join([*table, "", *told])


def _cell(value: object) -> str:
    return f"{value.median:.1f}" if isinstance(value, Figure) else "-"


def _verdict(profile: Profile) -> list[str]:
    died = death_line(profile)
    said = [f"{died}; without a limit:"] if died else []
    limit = (
        f"of {format_mib(profile.limit_mib)}"
        if profile.limit_mib is not None
        else "without a limit"
    )
    how = f" ({profile.enforcement})" if profile.limit_mib is not None else ""
    working_set, rss = profile.peak.get("working_set_mib"), profile.peak.get("rss_mib")
    shown = working_set or rss
    if shown is None:
        return [*said, f"peak: not measured, {limit}"]
    name = "working set" if working_set else "RSS"
    beside = f", RSS {format_mib(rss.median)}" if working_set and rss else ""
    peak = f"peak {name} {format_mib(shown.median)} {limit}{beside}{how}"
    return [*said, peak]


def _load(profile: Profile) -> list[str]:
    p95, answered, asked = (profile.load.get(n) for n in ("p95_ms", "answered", "asked"))
    if not (answered and asked):
        return []
    time = f", p95 {p95.median:.1f} ms" if p95 else ""
    return [f"answered {answered.median:.0f} of {asked.median:.0f} requests{time}"]


def _causes(profile: Profile) -> list[str]:
    found = causes(profile)[:_CAUSES]
    return ["whose it is, the largest first:", *(f"  {cause}" for cause in found)] if found else []


def _doubts(profile: Profile) -> list[str]:
    unstable = [f"unstable: {name}" for name in profile.unstable_figures()]
    times = profile.unstable_times()
    unstable += [f"unstable times: {', '.join(times)}"] if times else []
    return [*unstable, *(f"not measured: {what}" for what in profile.not_measured)]
