"""The same rate for an hour: what grows with each question shows here."""

from __future__ import annotations

from loadtests.shapes.base import Shape


class Soak(Shape):
    """One rate from beginning to end."""
