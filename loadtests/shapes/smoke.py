"""Half a minute of everything, for CI: memory and errors hold on any machine, times do not."""

from __future__ import annotations

from loadtests.shapes.base import Shape


class Smoke(Shape):
    """One rate from beginning to end."""
