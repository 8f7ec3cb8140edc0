"""Whether the service reaches what was asked of it."""

from __future__ import annotations

from typing import Any

# Figure of the runs without a limit -> (the sign, the target), as issue 2 of the project set them.
TARGETS = {
    "ready_s": ("<", 0.8),
    "rest_rss_mib": ("<=", 145.0),
    "rss_mib": ("<=", 155.0),
    "anonymous_mib": ("<=", 95.0),
    "one_p50_ms": ("<=", 4.0),
    "per_second": (">=", 300.0),
}
P95_FACTOR = 3.0
# Files that other processes hold open cannot be evicted, and the limited process is not charged for
# them: with more than this it was no cold run. Run it alone on the machine.
NOT_COLD_MIB = 20.0


def verdict(figures: dict[str, dict[str, Any]]) -> list[str]:
    """One line for each target: ok, MISSED or not measured."""
    free = figures["none"]
    lines = [
        _judge(name, free[name]["median"], sign, target) for name, (sign, target) in TARGETS.items()
    ]
    for name, limited in figures.items():
        missing = limited["asked"]["median"] - limited["answered"]["min"]
        lines.append(_judge(f"unanswered, limit {name}", missing, "<=", 0))
        if name != "none":
            kept = limited["left_in_cache_mib"]["median"]
            lines.append(_judge(f"left in the page cache, limit {name}", kept, "<=", NOT_COLD_MIB))
            factor = limited["p95_ms"]["median"] / free["p95_ms"]["median"]
            lines.append(_judge(f"p95 factor, limit {name}", factor, "<=", P95_FACTOR))
    return lines


def _judge(name: str, value: float | None, sign: str, target: float) -> str:
    if value is None:
        return f"not measured: {name} (target {sign} {target:g})"
    good = {"<": value < target, "<=": value <= target, ">=": value >= target}[sign]
    return f"{'ok' if good else 'MISSED'}: {name} {value:.4g} (target {sign} {target:g})"
