"""The names of the secrets that code reads from its environment; never their values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from tools.migrate.parsed import imported_names, nodes, parse, qualified
from tools.migrate.project import Project

SECRET = re.compile(r"[A-Z][A-Z0-9_]*(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS)")
GIVEN = frozenset({"HOME", "HOSTNAME", "PATH", "PORT", "PWD", "USER"})  # by the host


def secret_names(project: Project, files: Iterable[PurePosixPath]) -> list[str]:
    """Names of the secrets that these files name, in the staged state, sorted.

    What is read by `os.environ["NAME"]` counts whatever it is called: without it the app stops.
    """
    names: set[str] = set()
    for file in files:
        tree = parse(project.read(file)) if project.exists(file) else None
        for node in nodes(tree) if tree else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.update([node.value] if SECRET.fullmatch(node.value) else [])
        names.update(_required(tree) if tree else ())
    return sorted(names - GIVEN)


def _required(tree: ast.Module) -> Iterator[str]:
    imported = imported_names(tree)
    for node in nodes(tree):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
            and qualified(node.value, imported) == "os.environ"
        ):
            yield node.slice.value
