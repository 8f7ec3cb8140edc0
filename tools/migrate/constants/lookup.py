"""What a name or an attribute stands for, by the scopes, imports, classes and calls around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.constants.bindings import Binding, Imported, attributes, bindings
from tools.migrate.constants.objects import (
    At,
    Comprehension,
    Defined,
    Function,
    Given,
    Instance,
    ModuleValue,
    Scope,
    Unclear,
    argument,
    defaults,
    parameters,
    passing,
)
from tools.migrate.lifetime import CACHES, Place, callers, places
from tools.migrate.parsed import dotted, parse
from tools.migrate.syntax.names import stars

if TYPE_CHECKING:
    from tools.migrate.constants.reader import Reader

HARMLESS = CACHES | {"classmethod", "staticmethod", "cache_data", "experimental_singleton"}
FIELDS = frozenset({"Field", "field", "pydantic.Field", "dataclasses.field"})


def name(reader: Reader, text: str, at: At) -> object:
    """The value of a name. Raises Unclear."""
    for index, scope in enumerate(at.scopes):
        if isinstance(scope, ast.ClassDef) and index:
            continue  # the names of a class body are not seen in its methods
        if isinstance(scope, ast.Lambda | Comprehension):
            if text in passing(scope):
                raise Unclear(f"{text} is another each time")
            continue
        if isinstance(scope, Function) and text in parameters(scope):
            return _parameter(reader, scope, text, at.outer(index))
        found = bindings(scope, text)
        if found:
            return _agreed(reader, text, found, at.outer(index))
    return _from_star(reader, text, at)


def attribute(reader: Reader, owner: object, node: ast.Attribute, at: At) -> object:
    """The value of an attribute of a module, class or object of the repository."""
    if isinstance(owner, ModuleValue):
        return name(reader, node.attr, _top(reader, owner.path))
    if isinstance(owner, Defined) and isinstance(owner.node, ast.ClassDef):
        owner = Instance(owner)
    if isinstance(owner, Instance):
        return _of_instance(reader, owner, node.attr)
    raise Unclear(f"{ast.unparse(node)} is no plain value")


def scopes_around(around: tuple[ast.AST, ...]) -> tuple[Scope, ...]:
    """The scopes among the nodes around a place, innermost first."""
    return tuple(node for node in around if isinstance(node, Scope))


def _top(reader: Reader, path: PurePosixPath) -> At:
    tree = parse(reader.project.read(path))
    if tree is None:
        raise Unclear(f"{path} does not parse")
    return At(path, (tree,))


def _agreed(reader: Reader, text: str, found: list[Binding], at: At) -> object:
    if len(found) == 1:
        return _bound(reader, text, found[0], at)
    values = [binding for binding in found if isinstance(binding, ast.expr)]
    if len(values) != len(found):
        raise Unclear(f"{text} is assigned more than once")
    return reader.agreed(text, [(value, at) for value in values])


def _bound(reader: Reader, text: str, binding: Binding, at: At) -> object:
    if isinstance(binding, Imported):
        return _imported(reader, text, binding, at)
    if isinstance(binding, Function | ast.ClassDef):
        return Defined(binding, at)
    if binding is None:
        raise Unclear(f"{text} is not a constant")
    return reader.value(binding, at)


def _imported(reader: Reader, text: str, found: Imported, at: At) -> object:
    graph, statement = reader.project.graph, found.statement
    if isinstance(statement, ast.Import):
        module = found.alias.name if found.alias.asname else text
        place = graph.resolve(at.path, 0, module)
        if place:
            return ModuleValue(place[0])
        raise Unclear(f"{text} comes from elsewhere")
    module = statement.module or ""
    inner = f"{module}.{found.alias.name}" if module else found.alias.name
    place = graph.resolve(at.path, statement.level, inner)
    if place:
        return ModuleValue(place[0])
    place = graph.resolve(at.path, statement.level, module)
    if place is None:
        raise Unclear(f"{text} comes from elsewhere")
    return name(reader, found.alias.name, _top(reader, place[0]))


def _from_star(reader: Reader, text: str, at: At) -> object:
    tree = at.scopes[-1]
    for level, module in stars(tree) if isinstance(tree, ast.Module) else ():
        place = reader.project.graph.resolve(at.path, level, module)
        if place and place[0] != at.path:
            top = _top(reader, place[0])
            if bindings(top.scopes[-1], text) or stars_of(top):
                return name(reader, text, top)
    raise Unclear(f"{text} is not defined here")


def stars_of(top: At) -> bool:
    tree = top.scopes[-1]
    return isinstance(tree, ast.Module) and bool(stars(tree))


# Objects


def _of_instance(reader: Reader, owner: Instance, text: str) -> object:
    kind, at = owner.kind.node, owner.kind.at
    assert isinstance(kind, ast.ClassDef)
    inner = At(at.path, (kind, *at.scopes))
    if owner.made is not None:
        given = next((k.value for k in owner.made.call.keywords if k.arg == text), None)
        if given is not None and not _has_init(kind):
            return reader.value(given, owner.made.at)
    found = bindings(kind, text)
    if found and isinstance(found[-1], Function):
        return _method(reader, found[-1], owner, inner)
    set_here = [
        (value, At(at.path, (method, *inner.scopes), owner.made if _is_init(method) else None))
        for method, value in _told(attributes(kind, text), text)
    ]
    if set_here:
        return reader.agreed(f"{kind.name}.{text}", set_here)
    if found:
        return _field(reader, kind, text, found, inner)
    for base in kind.bases:
        try:
            parent = reader.value(base, at)
        except Unclear:
            continue
        if isinstance(parent, Defined) and isinstance(parent.node, ast.ClassDef):
            return _of_instance(reader, Instance(parent, owner.made), text)
    raise Unclear(f"{kind.name}.{text} is not set where it can be seen")


def _told(
    found: Iterator[tuple[Function, ast.expr | None]], text: str
) -> Iterator[tuple[Function, ast.expr]]:
    for method, value in found:
        if value is None:
            raise Unclear(f"{text} is not a constant")
        yield method, value


def _method(reader: Reader, method: Function, owner: Instance, inner: At) -> object:
    if any(dotted(d) in ("property", "cached_property") for d in method.decorator_list):
        return reader.returned(method, At(inner.path, (method, *inner.scopes)))
    return Defined(method, inner, owner)


def _field(
    reader: Reader, kind: ast.ClassDef, text: str, found: list[Binding], inner: At
) -> object:
    """The default of a class attribute, of a dataclass's or of a pydantic model's field."""
    value = found[-1]
    if isinstance(value, ast.Call) and dotted(value.func) in FIELDS:
        given = next((k.value for k in value.keywords if k.arg == "default"), None)
        value = given or (value.args[0] if value.args else None)
    told = _bound(reader, text, value, inner)
    settings = any("BaseSettings" in (dotted(base) or "") for base in kind.bases)
    return reader.environment(text.upper(), inner, told) if settings else told


def _has_init(kind: ast.ClassDef) -> bool:
    return any(isinstance(node, Function) and _is_init(node) for node in kind.body)


def _is_init(method: Function) -> bool:
    return method.name == "__init__"


# Parameters


def _parameter(reader: Reader, function: Function, text: str, at: At) -> object:
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
        if (dotted(target) or "").rpartition(".")[2] not in HARMLESS:
            raise Unclear(f"{text} is a parameter that a decorator may fill")


def _calls(
    reader: Reader, function: Function, kind: ast.ClassDef | None, at: At
) -> Iterator[Place]:
    if kind is None:
        yield from callers(reader.project, at.path, function.name)
    elif _is_init(function):
        yield from callers(reader.project, at.path, kind.name)
    else:
        for path in reader.project.python():
            if function.name.encode() in reader.project.read(path):
                for place in places(reader.project, path):
                    called = place.node.func if isinstance(place.node, ast.Call) else None
                    if isinstance(called, ast.Attribute) and called.attr == function.name:
                        yield place
