"""The names of the secrets that code reads from its environment; never their values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from tools.migrate.parsed import nodes, parse
from tools.migrate.project import Project

SECRET = re.compile(r"[A-Z][A-Z0-9_]*(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS)")


def secret_names(project: Project, files: Iterable[PurePosixPath]) -> list[str]:
    """Names of the secrets that these files name, in the staged state, sorted."""
    names: set[str] = set()
    for file in files:
        tree = parse(project.read(file)) if project.exists(file) else None
        for node in nodes(tree) if tree else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.update([node.value] if SECRET.fullmatch(node.value) else [])
    return sorted(names)
