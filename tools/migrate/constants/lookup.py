"""What a name or an attribute stands for, by the scopes, imports, classes and calls around it."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.constants import instances
from tools.migrate.constants.bindings import Binding, Imported, bindings
from tools.migrate.constants.objects import (
    At,
    Comprehension,
    Defined,
    Function,
    Instance,
    ModuleValue,
    Unclear,
    parameters,
    passing,
)
from tools.migrate.constants.parameters import parameter
from tools.migrate.parsed import parse
from tools.migrate.syntax.exports import stars

if TYPE_CHECKING:
    from tools.migrate.constants.reader import Reader


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
            return parameter(reader, scope, text, at.outer(index))
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
        return instances.attribute(reader, owner, node.attr)
    raise Unclear(f"{ast.unparse(node)} is no plain value")


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
