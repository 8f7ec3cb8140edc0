"""What other files do with a model that a file makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.parsed import nodes, parse
from tools.migrate.project import Project


def tensors_elsewhere(project: Project, path: PurePosixPath) -> tuple[PurePosixPath, int] | None:
    """Where a file that imports `path`, or is imported by it, asks a model for tensors."""
    for other in project.python():
        if b"convert_to_tensor" in project.read(other) and _related(project, path, other):
            line = next(_tensors(project, other), None)
            if line is not None:
                return other, line
    return None


def _related(project: Project, path: PurePosixPath, other: PurePosixPath) -> bool:
    reached = project.graph.reached
    return path != other and (other in reached(path) or path in reached(other))


def _tensors(project: Project, path: PurePosixPath) -> Iterator[int]:
    tree = parse(project.read(path))
    for node in nodes(tree) if tree else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for keyword in node.keywords:
                off = isinstance(keyword.value, ast.Constant) and not keyword.value.value
                if node.func.attr == "encode" and keyword.arg == "convert_to_tensor" and not off:
                    yield node.lineno
