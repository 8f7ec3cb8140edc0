"""The rate goes up a step every while until a threshold breaks: the step before it is what was held."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from loadtests.asked import Asked, asked
from loadtests.setting import options
from loadtests.shapes.base import Shape, visitors_for
from loadtests.step import METRICS, broken_by, figures_between
from loadtests.thresholds import read_thresholds

NAME = "ramp.json"
# What is asked in a step's first seconds waits for what the step before has left over.
SETTLE_S = 3.0


class Ramp(Shape):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        every = read_thresholds(Path(options().thresholds), "ramp")
        self._thresholds = [one for one in every if one.metric in METRICS]
        self._steps: list[dict[str, Any]] = []
        self._number = 0
        self._base: tuple[float, Asked] | None = None

    def visitors(self, at_s: float) -> int:
        return visitors_for(self._rate())

    def over(self, at_s: float) -> bool:
        assert self.runner is not None
        into_step = at_s - self._number * options().step_s
        if self._base is None and into_step >= min(SETTLE_S, options().step_s / 2):
            self._base = at_s, asked(self.runner.stats)
        if into_step < options().step_s or self._base is None:
            return False
        broken = self._end_step(at_s, asked(self.runner.stats))
        self._number += 1
        self._base = None
        return bool(broken) or at_s >= self.duration_s

    def _rate(self) -> float:
        return options().rate + self._number * options().step

    def _end_step(self, at_s: float, now: Asked) -> list[str]:
        began_s, before = self._base or (0.0, Asked())
        figures = figures_between(before, now, at_s - began_s)
        broken = broken_by(self._thresholds, figures, self._rate(), at_s - began_s)
        self._steps.append({"rate": self._rate(), **figures, "broken": broken})
        if options().out:
            (Path(options().out) / NAME).write_text(json.dumps(self._steps), "utf-8")
        return broken
