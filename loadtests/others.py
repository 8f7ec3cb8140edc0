"""How busy the machine was with other work: who shares its cores waits for them, and times get longer."""

from __future__ import annotations

import os
import time
from typing import Any

import psutil

# Guests' time stands in the user's, too; the others are waiting.
_NOT_BUSY = ("idle", "iowait", "guest", "guest_nice")


class Others:
    """The machine's load average when it was made, and the others' share of its cores since then.

    Ours is what this process and its ended children took; what the hypervisor gave to other machines
    counts as the others'.
    """

    def __init__(self) -> None:
        self._average = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        self._began_s, self._before_s = time.monotonic(), others_s()

    def seen(self) -> dict[str, Any]:
        """`load_average_before`, over the minute before (None on Windows), and `others_percent`."""
        had_s = (time.monotonic() - self._began_s) * (os.cpu_count() or 1)
        share = 100 * max(0.0, others_s() - self._before_s) / had_s
        return {"load_average_before": self._average, "others_percent": round(share, 1)}


def others_s() -> float:
    """Seconds of all cores that others have taken since the machine's start."""
    whole = psutil.cpu_times()._asdict()
    busy = sum(value for name, value in whole.items() if name not in _NOT_BUSY)
    own = psutil.Process().cpu_times()
    return float(busy - own.user - own.system - own.children_user - own.children_system)
