"""Models that run inside the app's own process: what loads them, and how large they are."""

from __future__ import annotations
