"""What binds a name in a scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tools.migrate.constants.objects import Function, Scope


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that an import binds."""

    statement: ast.Import | ast.ImportFrom
    alias: ast.alias


# What changes a list or dictionary where it is.
CHANGES = frozenset({"append", "clear", "extend", "insert", "pop", "setdefault", "update"})

# An expression is the value; None is a binding whose value cannot be told (a loop, a tuple).
Binding = ast.expr | Imported | Function | ast.ClassDef | None


def bindings(scope: Scope, name: str) -> list[Binding]:
    """Everything that binds `name` in a scope, in order; for a module, `global` in functions too."""
    found = [value for node in own_nodes(scope) for value in _bound(node, name)]
    if isinstance(scope, ast.Module):
        for function in ast.walk(scope):
            if isinstance(function, Function) and _is_global(function, name):
                found += [value for node in own_nodes(function) for value in _bound(node, name)]
    return found


def attributes(kind: ast.ClassDef, name: str) -> Iterator[tuple[Function, ast.expr | None]]:
    """(method, value) of every `self.name = value` in a class; None where it cannot be told."""
    for method in kind.body:
        if not isinstance(method, Function) or not method.args.args:
            continue
        own = method.args.args[0].arg
        for node in own_nodes(method):
            for target, value in _assigned(node):
                if (
                    isinstance(target, ast.Attribute)
                    and target.attr == name
                    and isinstance(target.value, ast.Name)
                    and target.value.id == own
                ):
                    yield method, value


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of the functions and classes in it."""
    waiting = list(reversed(list(ast.iter_child_nodes(scope))))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _is_global(function: Function, name: str) -> bool:
    return any(isinstance(n, ast.Global) and name in n.names for n in own_nodes(function))


def _bound(node: ast.AST, name: str) -> Iterator[Binding]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            if (alias.asname or alias.name.partition(".")[0]) == name:
                yield Imported(node, alias)
    elif isinstance(node, Function | ast.ClassDef):
        if node.name == name:
            yield node
    elif isinstance(node, ast.ExceptHandler) and node.name == name or _changes(node, name):
        yield None
    for target, value in _assigned(node):
        if _is_name(target, name):
            yield value
        elif isinstance(target, ast.Subscript) and _is_name(target.value, name):
            yield None


def _changes(node: ast.AST, name: str) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr in CHANGES and _is_name(node.func.value, name)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """(target, value) of what a node assigns."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _spread(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        if node.value is not None:
            yield node.target, node.value
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, node.context_expr
    elif isinstance(node, ast.AugAssign):
        yield node.target, None
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield from _spread(node.target, None)


def _spread(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if isinstance(target, ast.Tuple | ast.List):
        same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        values = value.elts if same and isinstance(value, ast.Tuple | ast.List) else None
        for index, part in enumerate(target.elts):
            yield from _spread(part, values[index] if values else None)
    else:
        yield target, value
