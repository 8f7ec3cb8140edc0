"""The start takes longer than a host waits: 60 s on Heroku, and a host has less than a core."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble
from tools.profile.result import STAGES

_SLOW_MS = 15_000.0  # here: with a tenth of a core it is ten times that
_BIND = (
    "Bind to $PORT first and load in the background behind /ready, import less (see the import"
    " ladder), and build the index before the deploy."
)


def find(evidence: Evidence) -> Finding | None:
    if evidence.died and evidence.died.ended.alive and not evidence.died.ended.unanswered:
        what = f"never ready here: {evidence.died.ended}"
        return Finding("slow_start", Trouble.SLOW_START, what, _BIND, lines=evidence.died.output)
    ready_ms = evidence.at("ready", "at_ms")
    if ready_ms is None or (ready_ms < _SLOW_MS and not evidence.said(Trouble.SLOW_START)):
        return None
    name, longest = _longest_stage(evidence)
    return Finding(
        cause="slow_start",
        trouble=Trouble.SLOW_START,
        what=f"ready after {ready_ms / 1000:.1f} s here, most of it {name} ({longest / 1000:.1f} s)",
        remedy=_BIND,
        ms=ready_ms,
    )


def _longest_stage(evidence: Evidence) -> tuple[str, float]:
    ends = [(name, at) for name in STAGES[:5] if (at := evidence.at(name, "at_ms")) is not None]
    begun, spans = 0.0, []
    for name, at in sorted(ends, key=lambda end: end[1]):  # the store may come before the model
        spans.append((at - begun, name))
        begun = at
    longest, name = max(spans)
    return name, longest
