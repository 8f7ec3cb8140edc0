"""The value of a parameter, by the calls that the repository has of its function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.migrate.constants.objects import (
    At,
    Defined,
    Function,
    Given,
    Instance,
    Unclear,
    argument,
    defaults,
    parameters,
    scopes_around,
)
from tools.migrate.lifetime import CACHES, Place, callers, places
from tools.migrate.parsed import dotted, last_name

if TYPE_CHECKING:
    from tools.migrate.constants.reader import Reader

HARMLESS = CACHES | {"classmethod", "staticmethod", "cache_data", "experimental_singleton"}


def parameter(reader: Reader, function: Function, text: str, at: At) -> object:
    """The value that all calls of a function give a parameter, or its default."""
    kind = at.scopes[1] if len(at.scopes) > 1 and isinstance(at.scopes[1], ast.ClassDef) else None
    static = any(dotted(d) == "staticmethod" for d in function.decorator_list)
    method = kind is not None and not static
    if kind is not None and method and parameters(function)[0] == text:
        return Instance(Defined(kind, at.outer(2)))
    outer = at.outer(1)
    default = defaults(function).get(text)
    if at.given is not None:
        calls = [at.given]
    else:
        _check_decorators(function, text)
        calls = [
            Given(place.node, At(place.path, scopes_around(place.around)))
            for place in _calls(reader, function, kind, at)
            if isinstance(place.node, ast.Call)
        ]
    choices = [(argument(c.call, function, text, method=method), c.at) for c in calls]
    given = [(node, there) for node, there in choices if node is not None]
    if default is not None and len(given) < max(1, len(choices)):
        given.append((default, outer))
    if not given:
        raise Unclear(f"{text} is a parameter")
    return reader.agreed(f"the parameter {text}", given)


def _check_decorators(function: Function, text: str) -> None:
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if last_name(target) not in HARMLESS:
            raise Unclear(f"{text} is a parameter that a decorator may fill")


def _calls(
    reader: Reader, function: Function, kind: ast.ClassDef | None, at: At
) -> Iterator[Place]:
    if kind is None:
        yield from callers(reader.project, at.path, function.name)
    elif function.name == "__init__":
        yield from callers(reader.project, at.path, kind.name)
    else:
        for path in reader.project.python():
            if function.name.encode() in reader.project.read(path):
                for place in places(reader.project, path):
                    called = place.node.func if isinstance(place.node, ast.Call) else None
                    if isinstance(called, ast.Attribute) and called.attr == function.name:
                        yield place
