"""A straight line through readings that depend on one another, and how sure its slope is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Slope:
    """Growth per unit of x, and the 95 % confidence interval of it."""

    per_unit: float
    low: float
    high: float

    @property
    def grows(self) -> bool:
        """Whether no growth is outside of the interval."""
        return self.low > 0

    def scaled(self, factor: float) -> Slope:
        return Slope(self.per_unit * factor, self.low * factor, self.high * factor)


def slope(x: Sequence[float], y: Sequence[float]) -> Slope:
    """Least squares, with standard errors that allow for dependent residuals (Newey-West).

    An allocator takes memory in steps, so one residual is much like the one before: plain standard
    errors would be far too sure. Needs at least 5 points.
    https://doi.org/10.2307/1913610
    """
    count = len(x)
    if count < 5 or count != len(y):
        raise ValueError(f"a slope needs 5 points or more, not {count}")
    middle, level = statistics.fmean(x), statistics.fmean(y)
    centred = [value - middle for value in x]
    spread = math.fsum(value * value for value in centred)
    per_unit = math.fsum(c * (value - level) for c, value in zip(centred, y, strict=True)) / spread
    scores = [c * (value - level - per_unit * c) for c, value in zip(centred, y, strict=True)]
    error = math.sqrt(_long_run(scores) * count / (count - 2)) / spread
    wide = _t_975(count - 2) * error
    return Slope(per_unit, per_unit - wide, per_unit + wide)


def _long_run(scores: Sequence[float]) -> float:
    """The sum's variance with Bartlett weights up to the usual lag, 4 (n/100)^(2/9)."""
    lags = max(1, int(4 * (len(scores) / 100) ** (2 / 9)))
    total = math.fsum(score * score for score in scores)
    for lag in range(1, lags + 1):
        products = math.fsum(a * b for a, b in zip(scores, scores[lag:], strict=False))
        total += 2 * (1 - lag / (lags + 1)) * products
    return max(total, 0.0)


def _t_975(degrees: int) -> float:
    """The 97.5 % quantile of Student's t (Cornish-Fisher, within 2 % from 3 degrees on)."""
    z = statistics.NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / degrees + second / degrees**2 + third / degrees**3
