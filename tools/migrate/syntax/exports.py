"""What the modules of a repository import and hand on, read from their syntax alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from types import MappingProxyType

from tools.migrate.parsed import KEPT, nodes, parse
from tools.migrate.project import Project

LOCAL = "<here>"  # origin of a name that the repository's own code defines


def possible_origins(project: Project, path: PurePosixPath, name: str) -> set[str]:
    """All that a dotted name may stand for anywhere in a file, by its imports in any scope.

    What it really stands for in one place is among these, or defined in the file: cheap to ask
    before the scopes, which take a hundred times as long.
    """
    tree = parse(project.read(path))
    if tree is None:
        return set()
    first, _, rest = name.partition(".")
    found: set[str] = set()
    for level, origin in _imports(tree).get(first, ()):
        found |= exported(project, path, level, f"{origin}.{rest}" if rest else origin)
    return found | set(from_stars(project, path, name))


@lru_cache(maxsize=KEPT)
def _imports(tree: ast.Module) -> Mapping[str, frozenset[tuple[int, str]]]:
    """Local name -> (level, imported thing) of every import, at any depth of the file."""
    found: dict[str, set[tuple[int, str]]] = {}
    for node in nodes(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name, imported in _bound(node):
                found.setdefault(name, set()).add(imported)
    return MappingProxyType({name: frozenset(things) for name, things in found.items()})


def exported(
    project: Project,
    path: PurePosixPath,
    level: int,
    name: str,
    seen: frozenset[tuple[PurePosixPath, str]] = frozenset(),
) -> set[str]:
    """What "module.name", imported in `path`, stands for in the end."""
    parts = name.split(".")
    # The longest beginning that is a module of the repository; the rest is looked up in it.
    for size in range(len(parts) - 1, 0 if not level else -1, -1):
        place = project.graph.resolve(path, level, ".".join(parts[:size]))
        if place is not None:
            return _in_module(project, place[0], parts[size:], seen)
    return {name} if not level else {LOCAL}


def _in_module(
    project: Project,
    module: PurePosixPath,
    names: list[str],
    seen: frozenset[tuple[PurePosixPath, str]],
) -> set[str]:
    """What `names[0].names[1]…` stands for at the top level of a module of the repository."""
    tree = parse(project.read(module))
    key = (module, ".".join(names))
    if tree is None or key in seen:
        return {LOCAL}
    rest = names[1:]
    origins: set[str] = set()
    for level, origin in bindings(tree).get(names[0], ()):
        if origin is None:
            origins.add(LOCAL)
        else:
            origins |= exported(project, module, level, ".".join([origin, *rest]), seen | {key})
    if not origins:
        for level, star in stars(tree):
            origins |= exported(project, module, level, ".".join([star, *names]), seen | {key})
    return origins or {LOCAL}


def bindings(tree: ast.Module) -> dict[str, list[tuple[int, str | None]]]:
    """Top-level name -> (level, imported thing), or (0, None) for what is defined there."""
    found: dict[str, list[tuple[int, str | None]]] = {}
    for node in _top_level(tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name, imported in _bound(node):
                found.setdefault(name, []).append(imported)
        else:
            for name in _defined(node):
                found.setdefault(name, []).append((0, None))
    return found


def stars(tree: ast.Module) -> list[tuple[int, str]]:
    """(level, module) of every star import at the top level."""
    return [
        (node.level, node.module or "")
        for node in _top_level(tree.body)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]


def from_stars(project: Project, path: PurePosixPath, name: str) -> Iterator[str]:
    """What a name that a file does not define may be, by its star imports."""
    tree = parse(project.read(path))
    for level, module in stars(tree) if tree else ():
        origins = exported(project, path, level, f"{module}.{name}" if module else name)
        yield from origins - {LOCAL}


def _bound(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, tuple[int, str]]]:
    """(local name, (level, imported thing)) of each name that a statement imports."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            origin = f"{node.module}.{alias.name}" if node.module else alias.name
            yield alias.asname or alias.name, (node.level, origin)
        else:
            name = alias.asname or alias.name.partition(".")[0]
            yield name, (0, alias.name if alias.asname else name)


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported, those in if, try and with included."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            yield from _top_level(node.body)
            yield from _top_level(getattr(node, "orelse", []))
            yield from _top_level(getattr(node, "finalbody", []))
            for handler in getattr(node, "handlers", []):
                yield from _top_level(handler.body)


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    for target in targets:
        yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name)) if target else ()
