"""What is loaded, and where it may be kept."""

from __future__ import annotations
