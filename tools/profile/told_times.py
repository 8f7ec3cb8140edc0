"""How long parts of an answer took, as an app tells itself: sums of *_seconds on /metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tools.profile.ports import Address
from tools.profile.structures import metrics

# What each part is called here, and the ends of the names of histograms that time it.
_PARTS = {
    "retrieve": ("retrieve", "retrieval", "search"),
    "embed": ("embed", "embedding"),
    "first_token": ("first_token", "llm", "upstream"),
}
_LINE = re.compile(
    r"^([a-zA-Z_:][\w:]*)_seconds_(sum|count)(?:\{[^}]*\})? ([-+.\deE]+)$", re.MULTILINE
)


@dataclass(frozen=True)
class Times:
    """Part -> seconds altogether, and how many times, since the start of the app."""

    totals: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, address: Address) -> Self:
        """Asks the app; of one without metrics nothing is known."""
        return cls(parse(metrics(address)))

    def since(self, before: Times) -> dict[str, float]:
        """Part -> the mean in ms of what was added."""
        found = {}
        for part, (seconds, count) in self.totals.items():
            earlier_s, earlier = before.totals.get(part, (0.0, 0.0))
            if count > earlier:
                found[part] = (seconds - earlier_s) / (count - earlier) * 1000
        return found


def parse(text: str) -> dict[str, tuple[float, float]]:
    """Of metrics in Prometheus's text format; those of several label sets are summed up."""
    sums: dict[str, dict[str, float]] = {}
    for name, what, value in _LINE.findall(text):
        part = next((p for p, ends in _PARTS.items() if name.endswith(ends)), None)
        if part:
            found = sums.setdefault(part, {"sum": 0.0, "count": 0.0})
            found[what] += float(value)
    return {part: (found["sum"], found["count"]) for part, found in sums.items()}
