"""Which files run in one process, and which of them need torch."""

from __future__ import annotations

import ast
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.parsed import imported_modules, parse
from tools.migrate.requirements.uses import uses
from tools.migrate.torch_users import TORCH_MODULES

if TYPE_CHECKING:
    from tools.migrate.project import Project


def together(project: Project, path: PurePosixPath) -> frozenset[PurePosixPath]:
    """`path`, all that imports it, and what those import; of a served app all of its files."""
    found = {path}
    waiting = [path]
    while waiting:
        for importer in project.graph.importers.get(waiting.pop(), frozenset()) - found:
            found.add(importer)
            waiting.append(importer)
    reached = frozenset().union(*map(project.graph.reached, found))
    served = project.served()
    if path not in served:
        return reached
    root = project.app_root(path)
    return reached | {other for other in served if project.app_root(other) == root}


def needing_torch(
    project: Project, imports_only: Collection[PurePosixPath]
) -> frozenset[PurePosixPath]:
    """The files that need torch otherwise than by the imports of these files."""
    return frozenset(
        use.path
        for use in uses(project, project.python())
        if use.needs_torch
        and not (use.path in imports_only and use.what.partition(".")[0] in TORCH_MODULES)
    )


def handed_on(project: Project, path: PurePosixPath, names: Collection[str]) -> bool:
    """Whether another file takes one of these names from this one."""
    if b"__all__" in project.read(path):
        return True
    for importer in project.graph.importers.get(path, ()):
        tree = parse(project.read(importer))
        for level, module, _, taken in imported_modules(tree) if tree else ():
            place = project.graph.resolve(importer, level, module)
            if place is None or place[0] != path:
                continue
            if not set(names).isdisjoint(taken):
                return True
            if "*" in taken and tree and any(name in names for name in _names(tree)):
                return True
    return False


def _names(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
