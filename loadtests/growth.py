"""How fast memory grows, robust against a step or a spike: the median slope of all pairs (Theil-Sen).

https://en.wikipedia.org/wiki/Theil%E2%80%93Sen_estimator
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

_MOST_POINTS = 300  # 45,000 pairs


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """The median rise per unit; None for fewer than three points."""
    thinned = points[:: max(1, len(points) // _MOST_POINTS)]
    if len(thinned) < 3:
        return None
    return statistics.median(
        (y2 - y1) / (x2 - x1)
        for (x1, y1), (x2, y2) in itertools.combinations(thinned, 2)
        if x2 > x1
    )


def second_half(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """What lies after the middle of the time: caches and pools fill up in the first half."""
    if not points:
        return points
    middle = (points[0][0] + points[-1][0]) / 2
    return [point for point in points if point[0] >= middle]
