"""`mine` in fit512.toml: values of generated files that a person keeps as they are.

[deploy]
mine = ["render.yaml: services/[shop]/maxShutdownDelaySeconds", "Dockerfile"]
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
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


def entry(path: str, place: str) -> str:
    """How `mine` names a value of a file, or all of it."""
    return path if place == WHOLE else f"{path}{_BETWEEN}{place}"


def advice(entries: Iterable[str]) -> str:
    """How what was edited is kept, and how it is not."""
    named = ", ".join(json.dumps(one, ensure_ascii=False) for one in entries)
    return f"--force puts ours in. To keep what you wrote, first say mine = [{named}] below [deploy] in {FILE}."
