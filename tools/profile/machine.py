"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from typing import Any

from tools.limits.units import MIB


def machine() -> dict[str, Any]:
    """System, architecture, cores, memory (MiB; None where it cannot be told) and the day."""
    return {
        "system": platform.platform(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "memory_mib": _memory_mib(),
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _memory_mib() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB
    except (AttributeError, OSError, ValueError):
        return None
