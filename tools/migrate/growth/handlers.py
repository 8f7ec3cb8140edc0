"""Tells code that runs for each request or message from code that runs once."""

from __future__ import annotations

import ast
from collections import defaultdict

from tools.migrate.flows import Function
from tools.migrate.growth.containers import walk
from tools.migrate.lifetime import DEEPEST, ONCE, Place, called_name
from tools.migrate.parsed import parse
from tools.migrate.project import Project

PLAIN = frozenset({"staticmethod", "classmethod", "property", "wraps", "tool", "dataclass"})
VERBS = frozenset({"get", "post", "put", "patch", "delete", "dispatch", "handle"})  # of views


class Handlers:
    """Who calls whom in the served files, by the last part of the name."""

    def __init__(self, project: Project) -> None:
        self._calls: dict[str, list[Place]] = defaultdict(list)
        self._given: set[str] = set()  # functions passed on or registered, not called here
        for path in sorted(project.served()):
            tree = parse(project.read(path))
            for place in walk(path, tree) if tree else ():
                self._add(place)

    def runs_often(self, place: Place, depth: int = 0) -> bool:
        """Whether the place runs again for each request."""
        functions = [node for node in place.around if isinstance(node, Function)]
        if not functions or depth > DEEPEST:
            return False
        function = functions[0]
        decorators = {called_name(d) for d in function.decorator_list} - PLAIN
        if decorators:
            return decorators.isdisjoint(ONCE)
        if function.name in self._given or _is_view(function, place):
            return True
        return any(self.runs_often(caller, depth + 1) for caller in self.calls(function.name))

    def calls(self, name: str) -> list[Place]:
        """The calls of what has that name at its end."""
        return self._calls.get(name, [])

    def _add(self, place: Place) -> None:
        node = place.node
        if isinstance(node, ast.Call):
            self._calls[called_name(node.func)].append(place)
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            parent = place.around[0] if place.around else None
            called = isinstance(parent, ast.Call) and parent.func is node
            if not called and not isinstance(parent, ast.Attribute):
                self._given.add(called_name(node))


def _is_view(function: ast.FunctionDef | ast.AsyncFunctionDef, place: Place) -> bool:
    """A method of a class-based view, which its framework calls."""
    outer = place.around[place.around.index(function) + 1 :]
    inside = isinstance(outer[0], ast.ClassDef) if outer else False
    bases = outer[0].bases if inside and isinstance(outer[0], ast.ClassDef) else []
    return function.name in VERBS and bool(bases)
