"""Questions that were due and never asked: their visitors still waited for an answer when they left."""

from __future__ import annotations

import math
from typing import Any

# What is due a moment before a visitor leaves is no more late than what is due a moment after.
MOMENT_S = 0.1


class Unasked:
    """How many there were in this process, and in the workers that have reported to it."""

    def __init__(self) -> None:
        self.count = 0

    def share(self, environment: Any, **_: Any) -> None:
        """With a locust.env.Environment: workers tell with each report what came since the one before."""
        environment.events.report_to_master.add_listener(self._tell)
        environment.events.worker_report.add_listener(self._hear)

    def _tell(self, client_id: str, data: dict[str, Any]) -> None:
        data["unasked"], self.count = self.count, 0

    def _hear(self, client_id: str, data: dict[str, Any]) -> None:
        self.count += data["unasked"]


UNASKED = Unasked()


def due_between(next_s: float, left_s: float, interval_s: float) -> int:
    """How many were due from `next_s` on, one each `interval_s`, until the visitor left at `left_s`."""
    return max(0, math.ceil((left_s - MOMENT_S - next_s) / interval_s))
