"""Finds the module's dictionaries and lists, and those that an object keeps for itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from tools.migrate.lifetime import Place
from tools.migrate.parsed import dotted, last_name

Kind = Literal["dict", "defaultdict", "list"]
EMPTY: dict[str, Kind] = {
    "{}": "dict",
    "dict()": "dict",
    "OrderedDict()": "dict",
    "collections.OrderedDict()": "dict",
    "[]": "list",
    "list()": "list",
}


@dataclass(frozen=True, slots=True)
class Container:
    """An empty dictionary or list that a name is given once; `owner` is the class for self.name."""

    path: PurePosixPath
    name: str  # "sessions" or "self.sessions"
    line: int
    kind: Kind
    factory: str | None = None  # of a defaultdict
    owner: str | None = None


def walk(path: PurePosixPath, tree: ast.AST) -> Iterator[Place]:
    """Every node with those around it, in the order of the text."""
    waiting: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(tree, ())]
    while waiting:
        node, around = waiting.pop()
        yield Place(path, node, around)
        inner = (node, *around)
        children = [(child, inner) for child in ast.iter_child_nodes(node)]
        waiting.extend(reversed(children))


def containers(path: PurePosixPath, tree: ast.Module) -> Iterator[Container]:
    for statement in tree.body:
        for name, container in _made(path, statement):
            if "." not in name:
                yield container
        if isinstance(statement, ast.ClassDef):
            yield from _of_class(path, statement)


def _of_class(path: PurePosixPath, node: ast.ClassDef) -> Iterator[Container]:
    """What `__init__` puts into self."""
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            for statement in method.body:
                for name, made in _made(path, statement):
                    if name.startswith("self.") and name.count(".") == 1:
                        yield Container(path, name, made.line, made.kind, made.factory, node.name)


def _made(path: PurePosixPath, statement: ast.stmt) -> Iterator[tuple[str, Container]]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, value = statement.target, statement.value
    else:
        return
    name, kind = dotted(target), EMPTY.get(ast.unparse(value))
    if name and kind:
        yield name, Container(path, name, statement.lineno, kind)
    elif name and isinstance(value, ast.Call) and _is_defaultdict(value):
        factory = ast.unparse(value.args[0])
        yield name, Container(path, name, statement.lineno, "defaultdict", factory)


def _is_defaultdict(call: ast.Call) -> bool:
    named = last_name(call.func) == "defaultdict"
    return named and len(call.args) == 1 and not call.keywords
