"""What the code does with a container."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from tools.migrate.flows import Function
from tools.migrate.growth.containers import Container, walk
from tools.migrate.lifetime import Place
from tools.migrate.parsed import dotted, parse
from tools.migrate.project import Project


@dataclass(frozen=True, slots=True)
class Use:
    """One use: `does` is "set", "read", "in", "del", "assign", a method's name, or "other"."""

    place: Place
    does: str
    key: str | None = None  # source of the key

    @property
    def line(self) -> int:
        return getattr(self.place.node, "lineno", 0)

    @property
    def path(self) -> PurePosixPath:
        return self.place.path

    @property
    def function(self) -> ast.AST | None:
        """The outermost function around it; None at the top of the module."""
        functions = [node for node in self.place.around if isinstance(node, Function)]
        return functions[-1] if functions else None


def uses(project: Project, container: Container) -> tuple[list[Use], bool]:
    """Every use, also in files that import the name; and whether all of them can be seen."""
    found = list(_in_file(project, container, container.path))
    complete = True
    if container.owner is None:
        for importer in sorted(project.graph.importers.get(container.path, ())):
            taken, seen = _taken_by(project, container, importer)
            complete = complete and seen
            if taken:
                found += _in_file(project, container, importer)
    return found, complete


def _taken_by(project: Project, container: Container, importer: PurePosixPath) -> tuple[bool, bool]:
    """Whether a file imports the name as it is, and whether it has no other way to it."""
    tree = parse(project.read(importer))
    taken, seen = False, True
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ImportFrom):
            place = project.graph.resolve(importer, node.level, node.module or "")
            if place and place[0] == container.path:
                names = {alias.name: alias.asname for alias in node.names}
                taken = taken or container.name in names
                seen = seen and "*" not in names and not names.get(container.name)
        elif isinstance(node, ast.Attribute) and node.attr == container.name:
            seen = False  # `module.name`, perhaps of this module
    return taken, seen


def _in_file(project: Project, container: Container, path: PurePosixPath) -> Iterator[Use]:
    for place in _chains(path, project.read(path)).get(container.name, ()):
        use = None if _is_another(container, place) else _use(place)
        if use is not None:
            yield use


@lru_cache(maxsize=64)
def _chains(path: PurePosixPath, data: bytes) -> Mapping[str, list[Place]]:
    """Name or dotted chain -> where it stands in the file."""
    found: dict[str, list[Place]] = {}
    tree = parse(data)
    for place in walk(path, tree) if tree else ():
        name = dotted(place.node)
        if name is not None:
            found.setdefault(name, []).append(place)
    return found


def _is_another(container: Container, place: Place) -> bool:
    """Whether a local name, or another class's self, is meant; or the line that makes it."""
    if container.owner is not None:
        classes = [node.name for node in place.around if isinstance(node, ast.ClassDef)]
        return container.owner not in classes or _makes(container, place)
    local = any(
        isinstance(function, Function) and container.name in _locals(function)
        for function in place.around
    )
    return local or _makes(container, place)


def _makes(container: Container, place: Place) -> bool:
    line = getattr(place.node, "lineno", 0)
    return place.path == container.path and line == container.line


def _locals(function: ast.AST) -> set[str]:
    names: set[str] = set()
    shared: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            shared.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names - shared


def _use(place: Place) -> Use | None:
    parent, node = place.around[0], place.node
    outer = place.around[1] if len(place.around) > 1 else None
    if isinstance(getattr(node, "ctx", None), ast.Store):
        augmented = isinstance(parent, ast.AugAssign)
        return Use(place, "extend" if augmented else "assign")
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return _subscript(place, parent, outer)
    if isinstance(parent, ast.Compare) and _is_in(parent, node):
        return Use(place, "in", ast.unparse(parent.left))
    if isinstance(parent, ast.Attribute) and isinstance(outer, ast.Call) and outer.func is parent:
        key = ast.unparse(outer.args[0]) if outer.args else None
        return Use(place, parent.attr, key)
    return None if isinstance(parent, ast.Global) else Use(place, "other")


def _is_in(compare: ast.Compare, node: ast.AST) -> bool:
    """Whether it is `key in node` or `key not in node`."""
    return compare.comparators == [node] and isinstance(compare.ops[0], (ast.In, ast.NotIn))


def _subscript(place: Place, parent: ast.Subscript, outer: ast.AST | None) -> Use:
    key = ast.unparse(parent.slice)
    if isinstance(parent.ctx, ast.Del):
        return Use(place, "del", key)
    if isinstance(parent.ctx, ast.Store):
        if isinstance(parent.slice, ast.Slice):
            return Use(place, "assign")
        return Use(place, "change" if isinstance(outer, ast.AugAssign) else "set", key)
    return Use(place, "read", key)
