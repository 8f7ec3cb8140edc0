"""An app that comes to its end without a limit and not inside one: what a profile says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.limits import format_mib
from tools.profile.measure import Run
from tools.profile.ready import Ended
from tools.profile.result import Profile


def too_small(ended: Ended, limit_mib: float | None) -> bool:
    """Whether the limit is what ended it: killed, or so short of memory that it gets no further.

    Every app was seen to come to its end without a limit, in the same time, when it was looked at.
    """
    return limit_mib is not None and (ended.killed or ended.alive)


def death(run: Run, ended: Ended, limit_mib: float) -> Mapping[str, Any]:
    """The `died` of a profile."""
    return {
        "limit_mib": limit_mib,
        "stage": ended.stage,
        "why": str(ended).partition(". ")[0],  # the rest is advice for an app without a limit
        "killed": ended.killed,
        "limit_hits": run.peak.limit_hits,
    }


def death_line(profile: Profile) -> str | None:
    """In words; None for an app that lived."""
    died = profile.died
    if died is None:
        return None
    hits = died["limit_hits"]
    hit = f" ({hits} limit hits)" if hits else ""
    return f"{died['why']} inside {format_mib(died['limit_mib'])}, in stage {died['stage']}{hit}"
