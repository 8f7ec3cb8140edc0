"""What was found in a launch file, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from tools.migrate.result import Kind


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch of a text, what takes its place (None: it stays), and what is said of it."""

    start: int
    end: int
    replacement: str | None
    message: str
    kind: Kind = "changed"
    variable: str | None = None  # that decides instead
