"""How two profiles were measured, side by side: what differs there makes their figures differ too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from shlex import join

from tools.limits import format_mib
from tools.profile.result import Profile

_EXPECTED = ("runs", "measured")  # to differ


def sides(before: Profile, now: Profile) -> list[tuple[str, str, str]]:
    """(what, before, now) of command, limit, requests, Python, runs and the day."""
    both = zip(_measured(before), _measured(now), strict=True)
    return [(what, old, new) for (what, old), (_, new) in both]


def unlike(before: Profile, now: Profile) -> list[str]:
    """What was measured in another way, in words; [] where the two can be compared."""
    return [
        f"{what}: {old} before, {new} now"
        for what, old, new in sides(before, now)
        if old != new and what not in _EXPECTED
    ]


def shown_command(profile: Profile) -> str:
    """The command, its program without folders."""
    return join([PurePath(profile.command[0]).name, *profile.command[1:]])


def _measured(profile: Profile) -> Iterator[tuple[str, str]]:
    asked = profile.requests
    first = asked.get("first") or {}
    yield "command", shown_command(profile)
    yield "limit", "none" if profile.limit_mib is None else format_mib(profile.limit_mib)
    where = f" of {first['method']} {first['path']}" if first else ""
    yield "requests", f"{asked.get('sent', '?')}{where}, {asked.get('at_a_time', '?')} at a time"
    yield "Python", profile.versions.get("python", "?")
    yield "runs", str(profile.runs)
    yield "measured", str(profile.machine.get("measured", "?"))
