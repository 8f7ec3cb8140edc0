"""What a verification may be told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """None means found or default."""

    limit_mib: float = 512.0
    app: str | None = None  # the file of the app, where there are several
    start: str | None = None
    probe: str | None = None
    health_path: str | None = None
    expected: Path | None = None  # made by sentence-transformers: NAME.json beside NAME.npy
    legacy_python: Path | None = None  # an environment in which sentence-transformers runs
    legacy_model: str | None = None  # what it loads; None: the model's name
    before: bool | None = None  # install the original where a step fails; None: if it is small
    keep: Path | None = None  # where to leave the app's log
