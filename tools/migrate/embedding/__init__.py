"""What the legacy embedding classes are called with, and which model folder takes their place."""

from __future__ import annotations
