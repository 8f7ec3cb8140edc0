"""The same rate for five minutes: what the owner expects on a usual day."""

from __future__ import annotations

from loadtests.shapes.base import Shape


class Steady(Shape):
    """One rate from beginning to end."""
