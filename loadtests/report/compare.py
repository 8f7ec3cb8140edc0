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
_SAME = ("load", "limit_mib", "upstream", "target", "interrupted_after_s")


def compare(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, Any] | None:
    """Figure -> before, now and the change in percent; None when the loads are not the same."""
    if not before or any(before.get(name) != now.get(name) for name in _SAME):
        return None
    old, new = before.get("figures", {}), now["figures"]
    known = [n for n in COMPARED if old.get(n) is not None and new.get(n) is not None]
    return {
        name: {
            "before": old[name],
            "now": new[name],
            "change_percent": round(100 * (new[name] / old[name] - 1), 1) if old[name] else None,
        }
        for name in known
    }
