"""Which served files can get to a memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from tools.migrate.project import Project


def reaching(project: Project, memories: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """The served files among these and those that import them, directly or not."""
    found: set[PurePosixPath] = set()
    waiting = list(memories)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += project.graph.importers.get(path, ())
    return sorted(found & project.served())
