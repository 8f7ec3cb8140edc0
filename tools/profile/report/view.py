"""What the page and the Markdown show of a profile, in words and figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.limits import format_mib
from tools.profile.alike import shown_command, unlike
from tools.profile.death import death_line
from tools.profile.gate.causes import grown
from tools.profile.gate.judge import MEASURES, measure_of
from tools.profile.gate.table import change, stage_rows
from tools.profile.result import Profile


def view(profile: Profile, before: Profile | None) -> dict[str, Any]:
    """The fields of the template. Raises CommandError when nothing was measured."""
    measure = measure_of(profile)
    seen = {stage.name: stage.seen for stage in profile.stages}
    return {
        "command": shown_command(profile),
        "how": _how(profile),
        "facts": list(_facts(profile, measure)),
        "measure": MEASURES[measure],
        "before": before,
        "stages": [
            (name.replace("_", " "), seen.get(name, ""), _mib(old), _mib(new), change(old, new))
            for name, old, new in stage_rows(before, profile, measure)
        ],
        "grown": [str(cause) for cause in grown(before, profile)[:5]] if before else [],
        "flame_graph": (profile.who or {}).get("flame_graph"),
        "doubts": [*_doubts(profile), *_unlike(before, profile)],
        "machine": ", ".join(f"{k} {v}" for k, v in profile.machine.items() if v is not None),
    }


def _how(profile: Profile) -> str:
    limit = "without a limit"
    if profile.limit_mib is not None:
        limit = f"inside {format_mib(profile.limit_mib)} ({profile.enforcement})"
    asked = profile.requests
    sent = (
        f"{asked.get('sent')} requests, {asked.get('at_a_time')} at a time" if asked else "no load"
    )
    died = death_line(profile)
    limit += f", which it needs: {died}" if died else ""
    runs = "one run" if profile.runs == 1 else f"medians of {profile.runs} runs"
    return f"Fresh processes {limit}; {runs}; {sent}; Python {profile.versions.get('python', '?')}."


def _facts(profile: Profile, measure: str) -> Iterator[tuple[str, str, str]]:
    peak = profile.peak[measure]
    assert peak is not None  # measure_of has seen to it
    yield f"peak {MEASURES[measure]}", f"{peak.median:.1f}", "MiB"
    if profile.limit_mib is not None:
        share = f"MiB, {peak.median / profile.limit_mib:.0%} used"
        yield "limit", f"{profile.limit_mib:.0f}", share
    rss = profile.peak.get("rss_mib")
    if rss and measure != "rss_mib":
        yield "peak RSS", f"{rss.median:.1f}", "MiB"
    ready = profile.stage("ready")
    at_ms = ready.figures.get("at_ms") if ready else None
    if at_ms:
        yield "ready after", f"{at_ms.median / 1000:.2f}", "s"
    p95 = profile.load.get("p95_ms")
    if p95:
        yield "p95", f"{p95.median:.0f}", "ms"
    if profile.fit:
        yield "smallest limit", f"{profile.fit['limit_mib']:.0f}", "MiB"


def _doubts(profile: Profile) -> Iterator[str]:
    if profile.unstable:
        yield "unstable: the runs lie more than a tenth of their median apart"
    times = profile.unstable_times()
    if times:
        yield f"unstable times: {', '.join(times)}"
    yield from (f"not measured: {what}" for what in profile.not_measured)


def _unlike(before: Profile | None, now: Profile) -> Iterator[str]:
    yield from (f"not measured alike: {what}" for what in (unlike(before, now) if before else ()))


def _mib(mib: float | None) -> str:
    return "-" if mib is None else f"{mib:.1f}"
