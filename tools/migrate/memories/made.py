"""Where memories and histories are made, by their own name or by that of a class of the repository."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from pathlib import PurePosixPath

from tools.migrate.lifetime import Place, callers, places
from tools.migrate.parsed import imported_names, parse, qualified
from tools.migrate.project import Project


def made(project: Project, path: PurePosixPath, classes: Set[str]) -> Iterator[Place]:
    """The calls of these classes in one file, and of what the file derives from them, anywhere."""
    tree = parse(project.read(path))
    names = imported_names(tree) if tree else {}
    if tree is None or not classes & set(names.values()):
        return
    for place in places(project, path):
        if qualified(getattr(place.node, "func", place.node), names) in classes:
            yield place
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(
            qualified(b, names) in classes for b in node.bases
        ):
            yield from callers(project, path, node.name)
