"""A crowd that comes at once, stays for the middle third, and leaves."""

from __future__ import annotations

from loadtests.setting import options
from loadtests.shapes.base import Shape

USUAL = 0.1  # of the visitors at the height


class Spike(Shape):
    def visitors(self, at_s: float) -> int:
        third = self.duration_s / 3
        height = options().most_users
        return height if third <= at_s < 2 * third else max(1, round(height * USUAL))
