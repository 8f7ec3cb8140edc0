"""Follows the calls from what a framework runs again and again."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from tools.migrate.flows import Function
from tools.migrate.handlers.definitions import Definition, Definitions, Node
from tools.migrate.handlers.frameworks import VISITOR, Handler, handlers
from tools.migrate.handlers.guards import guard_of, is_once
from tools.migrate.lifetime import Place
from tools.migrate.parsed import dotted
from tools.migrate.project import Project

Around = tuple[ast.AST, ...]


class Repeated:
    """Which code runs for each visitor anew, and what begins it.

    Left out is what a decorator or a test keeps to the first time.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._definitions = Definitions(project)
        self._begun: dict[tuple[PurePosixPath, int], Handler] = {}
        waiting = deque(handlers(project, self._definitions))
        while waiting:
            found, handler = waiting.popleft()
            if self._is_new(found, handler):
                waiting.extend(self._called(found, handler))

    def at(self, place: Place) -> Handler | None:
        """What runs the place again and again; None where it runs once, or nobody knows."""
        functions = [node for node in place.around if isinstance(node, Function)]
        if any(map(is_once, functions)):
            return None
        lines = [function.lineno for function in functions] or [0]
        begun = [self._begun.get((place.path, line)) for line in lines]
        handler = next((handler for handler in begun if handler), None)
        return handler and _within(handler, guard_of(place.node, place.around))

    def _is_new(self, found: Definition, handler: Handler) -> bool:
        key = found.path, found.line
        if key in self._begun or is_once(found.node):
            return False
        self._begun[key] = handler
        return True

    def _called(self, found: Definition, handler: Handler) -> Iterator[tuple[Definition, Handler]]:
        """The functions that a function or script names: to call them, or to hand them on."""
        for name, node, around in _uses(found.node):
            called = self._definitions.resolve(found.path, name, found.owner)
            often = _within(handler, guard_of(node, around)) if called else None
            for definition in called if often else ():
                is_class = isinstance(definition.node, ast.ClassDef)
                runs = self._definitions.constructors(definition) if is_class else [definition]
                yield from ((inner, often) for inner in runs if often)


def _within(handler: Handler, guard: set[str] | None) -> Handler | None:
    """How often that is which a guard keeps to the first time: Streamlit's state is a visitor's."""
    if guard is None:
        return handler
    return replace(handler, when=VISITOR) if "session_state" in guard else None


def _uses(scope: ast.AST) -> Iterator[tuple[str, ast.AST, Around]]:
    """(dotted name, node, nodes around it) of all that a function or script reads."""
    waiting: list[tuple[ast.AST, Around]] = [(scope, ())]
    while waiting:
        node, around = waiting.pop()
        name = dotted(node)
        if name is not None:
            yield name, node, around
            continue
        if isinstance(node, ast.Attribute):
            yield f"().{node.attr}", node, around  # of what a call gave
        waiting += [
            (child, (node, *around))
            for child in _children(node)
            if not (isinstance(child, Node) and (isinstance(scope, ast.Module) or is_once(child)))
        ]


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What is in a node; not its types, which make nothing, nor its decorators, which ran before."""
    left = [getattr(node, name, None) for name in ("annotation", "returns")]
    left += getattr(node, "decorator_list", ())
    return (child for child in ast.iter_child_nodes(node) if child not in left)
