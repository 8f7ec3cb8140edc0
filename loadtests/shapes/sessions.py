"""Many distinct sessions, one question each, at a steady rate until there have been enough."""

from __future__ import annotations

from loadtests.asked import asked
from loadtests.setting import options
from loadtests.shapes.base import Shape


class Sessions(Shape):
    def over(self, at_s: float) -> bool:
        assert self.runner is not None
        return asked(self.runner.stats).requests >= options().sessions
