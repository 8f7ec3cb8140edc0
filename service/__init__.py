"""The chat service: what runs in 512 MB."""

from __future__ import annotations

__version__ = "0.1.0"
