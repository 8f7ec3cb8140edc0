"""`mine` in fit512.toml: values of generated files that a person keeps as they are.

[deploy]
mine = ["render.yaml: services/[shop]/maxShutdownDelaySeconds", "Dockerfile"]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from deploy.formats.text import WHOLE
from deploy.settings import FILE, read_settings

_BETWEEN = ": "


def read_mine(root: Path) -> Mapping[str, set[str]]:
    """Path of a file -> places in it. Raises CommandError for a damaged fit512.toml."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in read_settings(root).get("mine") or ():
        path, _, place = entry.partition(_BETWEEN)
        found[path].add(place or WHOLE)
    return found


def advice(path: str, place: str) -> str:
    """How a value that was edited is kept, and how it is not."""
    entry = path if place == WHOLE else f"{path}{_BETWEEN}{place}"
    return f'To keep it, write mine = ["{entry}"] below [deploy] in {FILE}; --force puts ours in'
