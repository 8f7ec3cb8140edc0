"""What has changed since the last run of the same load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COMPARED = (
    "peak_working_set_mib",
    "peak_rss_mib",
    "memory_per_request",
    "memory_slope",
    "memory_slope_net",
    "p50",
    "p95",
    "p99",
    "first_token_p95",
    "error_rate",
    "request_rate",
    "rate_reached",
)
# Of what is near nothing on a good day a percentage is noise: before and now are shown alone.
_NEAR_NOTHING = {"memory_per_request", "memory_slope", "memory_slope_net", "error_rate"}
_SAME = ("load", "limit_mib", "upstream", "target", "interrupted_after_s")


def compare(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, Any] | None:
    """Figure -> before, now and the change in percent; None when the loads are not the same.

    The change is None where it means nothing: from 0, and of figures that are near it anyway.
    """
    if not before or any(before.get(name) != now.get(name) for name in _SAME):
        return None
    old, new = before.get("figures", {}), now["figures"]
    known = [n for n in COMPARED if old.get(n) is not None and new.get(n) is not None]
    return {
        name: {
            "before": old[name],
            "now": new[name],
            "change_percent": None if name in _NEAR_NOTHING else _percent(old[name], new[name]),
        }
        for name in known
    }


def _percent(before: float, now: float) -> float | None:
    return round(100 * (now / before - 1), 1) if before else None
