"""A step of a ramp: its figures, and what of them did not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from loadtests.asked import Asked
from loadtests.thresholds import Threshold

#: What can be told of a step.
METRICS = ("p50", "p95", "p99", "error_rate")
LEAST_HELD = 0.95  # of the step's rate; below, a queue grows
SPARE = 2  # questions that were answered a moment before or after the step


def figures_between(before: Asked, now: Asked, seconds: float) -> dict[str, float | None]:
    """The figures of what was answered in between."""
    requests = now.requests - before.requests
    times = Asked(times=Counter(now.times) - Counter(before.times))
    failed = now.failures - before.failures
    return {
        "request_rate": requests / seconds,
        "error_rate": 100 * failed / requests if requests else None,
        **{f"p{share}": times.percentile(share / 100) for share in (50, 95, 99)},
    }


def broken_by(
    thresholds: Sequence[Threshold],
    figures: Mapping[str, float | None],
    rate: float,
    seconds: float,
) -> list[str]:
    """What of it did not hold, in words; answers that were too few count too."""
    broken = [
        one.said(figures[one.metric]) for one in thresholds if one.broken_by(figures[one.metric])
    ]
    held = figures["request_rate"] or 0.0
    if held * seconds < LEAST_HELD * rate * seconds - SPARE:
        broken.append(f"{held:.1f} questions/s answered of {rate:g}")
    return broken
