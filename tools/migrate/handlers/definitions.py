"""Finds the function or class of the repository that a name stands for, across its files."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from tools.migrate.flows import Function
from tools.migrate.parsed import dotted, nodes, parse
from tools.migrate.project import Project

Node = Function | ast.ClassDef
DEEPEST = 6  # imports that are followed: packages hand names on


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, a class, or a script as a whole."""

    path: PurePosixPath
    node: Node | ast.Module
    owner: ast.ClassDef | None = None  # the class that a method is of

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "")

    @property
    def line(self) -> int:
        return getattr(self.node, "lineno", 0)


@dataclass(frozen=True, slots=True)
class _Import:
    local: str  # what it is called here, dotted for `import a.b`
    level: int
    module: str
    name: str | None  # None for a module, "*" for all that is in it


class Definitions:
    """The functions and classes of the served files, as they are staged."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._tops: dict[PurePosixPath, dict[str, Definition]] = {}
        self._imports: dict[PurePosixPath, list[_Import]] = {}
        self._reached: dict[PurePosixPath, frozenset[PurePosixPath]] = {}

    def resolve(
        self, path: PurePosixPath, name: str, owner: ast.ClassDef | None = None, depth: int = 0
    ) -> list[Definition]:
        """What a dotted name means in a file, `owner` being the class around it.

        A method of an object whose class is not known is one of that name in the imported files.
        """
        first, _, rest = name.partition(".")
        if owner is not None and first in ("self", "cls") and rest:
            return _members(Definition(path, owner), rest) or self._by_name(path, rest)
        top = self._top(path).get(first)
        if top is not None:
            return _members(top, rest) if rest else [top]
        imports = [found for found in self._imported(path) if _covers(found, name)]
        for found in imports if depth < DEEPEST else ():
            for place, inner in self._targets(path, found, name):
                definitions = self.resolve(place, inner, None, depth + 1)
                if definitions:
                    return definitions
        imported = any(found.name != "*" for found in imports)
        return [] if imported or depth else self._by_name(path, rest)

    def constructors(self, definition: Definition, depth: int = 0) -> Iterator[Definition]:
        """What runs when an object of the class is made, its bases' part included."""
        yield from _members(definition, "__init__")
        for base in getattr(definition.node, "bases", []) if depth < DEEPEST else ():
            for found in self.resolve(definition.path, dotted(base) or ""):
                yield from self.constructors(found, depth + 1)

    def _targets(
        self, path: PurePosixPath, found: _Import, name: str
    ) -> Iterator[tuple[PurePosixPath, str]]:
        """(file, name in it) that an imported name may be."""
        rest = name if found.name == "*" else name[len(found.local) + 1 :]
        inner = f"{found.module}.{found.name}" if found.module else found.name or ""
        if found.name not in (None, "*"):
            module = self._project.graph.resolve(path, found.level, inner)
            if module and rest:
                yield module[0], rest
            rest = f"{found.name}.{rest}" if rest else found.name or ""
        module = self._project.graph.resolve(path, found.level, found.module)
        if module and rest:
            yield module[0], rest

    def _by_name(self, path: PurePosixPath, rest: str) -> list[Definition]:
        if path not in self._reached:
            self._reached[path] = self._project.graph.reached(path)
        methods = self._methods[rest.rpartition(".")[2]] if rest else []
        return [method for method in methods if method.path in self._reached[path]]

    @cached_property
    def _methods(self) -> defaultdict[str, list[Definition]]:
        found: defaultdict[str, list[Definition]] = defaultdict(list)
        for path in sorted(self._project.served()):
            for top in self._top(path).values():
                if isinstance(top.node, ast.ClassDef):
                    for method in methods(top):
                        if not method.name.startswith("__"):
                            found[method.name].append(method)
        return found

    def _top(self, path: PurePosixPath) -> dict[str, Definition]:
        if path not in self._tops:
            tree = parse(self._project.read(path))
            self._tops[path] = {
                node.name: Definition(path, node)
                for node in (_statements(tree.body) if tree else ())
                if isinstance(node, Node)
            }
        return self._tops[path]

    def _imported(self, path: PurePosixPath) -> list[_Import]:
        if path not in self._imports:
            tree = parse(self._project.read(path))
            self._imports[path] = list(_imports(tree)) if tree else []
        return self._imports[path]


def methods(definition: Definition) -> list[Definition]:
    """The methods that a class defines itself."""
    owner = definition.node
    body = owner.body if isinstance(owner, ast.ClassDef) else []
    return [
        Definition(definition.path, node, owner)
        for node in body
        if isinstance(node, Function) and isinstance(owner, ast.ClassDef)
    ]


def _members(definition: Definition, name: str) -> list[Definition]:
    return [method for method in methods(definition) if method.name == name]


def _covers(found: _Import, name: str) -> bool:
    return found.name == "*" or name == found.local or name.startswith(f"{found.local}.")


def _imports(tree: ast.Module) -> Iterator[_Import]:
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _Import(alias.asname or alias.name, 0, alias.name, None)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                local = alias.asname or alias.name
                yield _Import(local, node.level, node.module or "", alias.name)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a block and of the ifs, tries and withs in it."""
    for node in body:
        yield node
        if not isinstance(node, Node):
            for name in ("body", "orelse", "finalbody", "handlers"):
                yield from _statements(getattr(node, name, []))
