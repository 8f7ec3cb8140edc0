"""The report of `bench.before_after` as a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Figure -> its name in the table and its digits; working sets are what a host's limit counts.
ROWS = {
    "ready_s": ("ready, s", 1),
    "rest_rss_mib": ("RSS at rest, MiB", 0),
    "rest_working_set_mib": ("working set at rest", 0),
    "after_200_rss_mib": ("RSS after 200 questions", 0),
    "after_200_working_set_mib": ("working set after 200", 0),
    "many_rss_mib": ("RSS with 8 at a time", 0),
    "many_working_set_mib": ("working set with 8 at a time", 0),
    "one_p50_ms": ("one at a time: p50, ms", 0),
    "one_p95_ms": ("p95, ms", 0),
    "many_p50_ms": ("8 at a time: p50, ms", 0),
    "many_p95_ms": ("p95, ms", 0),
    "many_per_second": ("answers a second", 1),
}
NOT_REACHED = "–"


def table(report: dict[str, Any], only: str | None = None) -> list[str]:
    """Every figure of every side, the limits (or the `only` one) one after the other.

    Medians, and lowest to highest where the runs differ.
    """
    sides = report["sides"]
    lines = [
        "| | " + " | ".join(side["title"] for side in sides) + " |",
        "| --- |" + " --- |" * len(sides),
        _row("installed, MiB", [f"{side['installed_mib']:,.0f}" for side in sides]),
    ]
    for limit in [only] if only else sides[0]["limits"]:
        measured = [side["limits"][limit] for side in sides]
        lines.append(_row(f"**inside {limit}**", [_end(one["ended"]) for one in measured]))
        lines += [
            _row(name, [_spread(one[key], digits) for one in measured])
            for key, (name, digits) in ROWS.items()
        ]
    return lines


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def _end(ended: Sequence[str | None]) -> str:
    """ "held", or how the runs that did not hold ended, each reason once."""
    reasons = list(dict.fromkeys(filter(None, ended)))
    if not reasons:
        return "held"
    died = sum(reason is not None for reason in ended)
    return f"**{died} of {len(ended)}**: {'; '.join(reasons)}"


def _spread(figure: dict[str, Any], digits: int) -> str:
    known = [value for value in figure["values"] if value is not None]
    if not known:
        return NOT_REACHED
    if figure["median"] is None:
        return ", ".join(f"{value:.{digits}f}" for value in known)
    low, middle, high = (f"{figure[key]:.{digits}f}" for key in ("min", "median", "max"))
    return middle if low == high else f"{middle} ({low} to {high})"
