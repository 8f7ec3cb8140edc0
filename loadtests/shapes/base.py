"""What the shapes share: questions per second as a number of visitors with a schedule each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from locust import LoadTestShape
from locust.runners import MasterRunner

from loadtests.options import STOP
from loadtests.plan import plan
from loadtests.setting import adapter, options
from loadtests.users import choose


class Shape(LoadTestShape):
    """A load over time.

    A visitor asks once in `interval_s`, so a rate is that many visitors; `at_a_time` instead is that
    many who ask again as soon as they are answered.
    """

    abstract = True

    def tick(self) -> tuple[int, float] | None:
        """What Locust asks every second: visitors now, and how many may come or go in a second."""
        at_s = self.get_run_time()  # type: ignore[no-untyped-call]
        if self.over(at_s) or (options().out and Path(options().out, STOP).exists()):
            if isinstance(self.runner, MasterRunner):
                self.runner.stop()  # to quit is all that Locust does here, and awaits no worker
            return None
        wanted = self.visitors(at_s) + self._nuisances()
        return wanted, max(wanted, 1)

    def over(self, at_s: float) -> bool:
        return at_s >= self.duration_s

    def visitors(self, at_s: float) -> int:
        """How many visitors there are `at_s` seconds after the beginning."""
        return visitors_for(options().rate)

    @property
    def duration_s(self) -> float:
        return options().duration_s or plan(options().shape).duration_s

    def _nuisances(self) -> int:
        """Those that come on top: what they send is no question."""
        chosen: Sequence[type] = choose(options().users or plan(options().shape).users, adapter())
        return sum(getattr(user, "fixed_count", 0) for user in chosen)


def visitors_for(rate: float) -> int:
    """Visitors that ask `rate` questions a second together."""
    return options().at_a_time or max(1, math.ceil(rate * options().interval_s))
