"""The answers among Locust's statistics: how many, how many failed, and how long they took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CACHED, FIRST = "answer from the cache", "first token"
#: Kinds of requests that are questions; who leaves half-way has asked one, too.
QUESTIONS = ("ask", "left")
SENT = (*QUESTIONS, "unfriendly")


@dataclass(frozen=True)
class Asked:
    """Questions so far. `times`: answers by time in ms, to two digits as Locust keeps them.

    `times` holds no failed answers, and none from a cache. `sent` counts the unfriendly requests, too.
    """

    requests: int = 0
    failures: int = 0
    times: Mapping[int, int] = field(default_factory=dict)
    sent: int = 0

    def percentile(self, share: float) -> float | None:
        return percentile(self.times, share)


def asked(stats: Any) -> Asked:
    """The questions in a locust.stats.RequestStats."""
    times: Counter[int] = Counter()
    requests = failures = sent = 0
    for (name, kind), entry in list(stats.entries.items()):
        sent += entry.num_requests if kind in SENT else 0
        if kind in QUESTIONS:
            requests += entry.num_requests
            failures += entry.num_failures
            if name != CACHED:
                times.update(entry.response_times)
    return Asked(requests, failures, times, sent)


def percentile(times: Mapping[int, int], share: float) -> float | None:
    """The time that this share of the answers did not exceed (nearest rank); None without any."""
    total = sum(times.values())
    reached = 0
    for time_ms in sorted(times):
        reached += times[time_ms]
        if reached >= share * total:
            return float(time_ms)
    return None
