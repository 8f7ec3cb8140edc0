"""How large a folder is."""

from __future__ import annotations

import os
from pathlib import Path

from tools.limits.units import MIB


def size_mib(folder: Path) -> float:
    """All files below, in MiB; links count as such and are not followed."""
    files = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    return sum(file.lstat().st_size for file in files) / MIB
