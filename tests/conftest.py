"""For every test."""

from __future__ import annotations

from hypothesis import settings

# Never on wall-clock time: a shared machine is slow at times, which says nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
