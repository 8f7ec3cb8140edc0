"""The value that an expression will have, where the source tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import Assignment, BaseAssignment, ImportAssignment, Scope

from tools.migrate.parsed import dotted, parse
from tools.migrate.syntax.file import PythonFile

GETENV = frozenset({"os.getenv", "os.environ.get", "getenv", "environ.get", "environ.setdefault"})


@dataclass(frozen=True, slots=True)
class Known:
    """A literal value. `default_of` names the environment variable that may override it."""

    value: object
    default_of: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why the value cannot be told."""

    reason: str

    def __repr__(self) -> str:
        return "…"


class _Unclear(Exception):
    pass


def evaluate(file: PythonFile, node: cst.BaseExpression) -> Known | Unknown:
    """Literals, and names of constants: local, of the module, or of another module here."""
    source = file.source(node)
    try:
        tree = ast.parse(f"({source}\n)", mode="eval").body
    except SyntaxError:
        return Unknown(f"{source} is no plain value")
    overridden: list[str] = []
    try:
        value = _value(tree, _Lookup(file, file.scope(node), overridden))
    except _Unclear as error:
        return Unknown(str(error))
    return Known(value, overridden[0] if overridden else None)


@dataclass(frozen=True)
class _Lookup:
    file: PythonFile
    scope: Scope | None
    overridden: list[str]
    depth: int = 0

    def name(self, name: str) -> object:
        if self.scope is None or self.depth > 8:
            raise _Unclear(f"{name} is not a constant")
        found = list(self.scope[name])
        if len(found) != 1:
            raise _Unclear(
                f"{name} is {'assigned more than once' if found else 'not defined here'}"
            )
        return self.assigned(name, found[0])

    def assigned(self, name: str, assignment: BaseAssignment) -> object:
        if isinstance(assignment, ImportAssignment):
            return self.imported(name, assignment)
        if isinstance(assignment, Assignment):
            parent = self.file.parent(assignment.node)
            if isinstance(parent, cst.Param):
                raise _Unclear(f"{name} is a parameter")
            value = assigned_value(self.file, assignment.node)
            if value is not None:
                tree = ast.parse(f"({self.file.source(value)}\n)", mode="eval").body
                deeper = _Lookup(self.file, assignment.scope, self.overridden, self.depth + 1)
                return _value(tree, deeper)
        raise _Unclear(f"{name} is not a constant")

    def imported(self, name: str, assignment: ImportAssignment) -> object:
        for found in assignment.get_qualified_names_for(name):
            level = len(found.name) - len(found.name.lstrip("."))
            module, _, constant = found.name.lstrip(".").rpartition(".")
            place = self.file.project.graph.resolve(self.file.path, level, module)
            tree = parse(self.file.project.read(place[0])) if place else None
            values = list(_module_constants(tree, constant)) if tree else []
            if place and len(values) == 1:
                return _value(values[0], _Module(tree, self.overridden))
        raise _Unclear(f"{name} comes from elsewhere")


@dataclass(frozen=True)
class _Module:
    """Names at the top level of another module."""

    tree: ast.Module | None
    overridden: list[str]

    def name(self, name: str) -> object:
        values = list(_module_constants(self.tree, name)) if self.tree else []
        if len(values) != 1 or isinstance(values[0], ast.Name):
            raise _Unclear(f"{name} is not a constant")
        return _value(values[0], self)


def _value(node: ast.expr, lookup: _Lookup | _Module) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return lookup.name(node.id)
    if isinstance(node, ast.Dict):
        return dict(_items(node, lookup))
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(item, lookup) for item in node.elts]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _value(node.left, lookup), _value(node.right, lookup)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
    if isinstance(node, ast.Call) and dotted(node.func) in GETENV and len(node.args) == 2:
        lookup.overridden.append(str(_value(node.args[0], lookup)))
        return _value(node.args[1], lookup)
    raise _Unclear(f"{ast.unparse(node)} is no plain value")


def _items(node: ast.Dict, lookup: _Lookup | _Module) -> Iterator[tuple[object, object]]:
    """Keys must be known; a value that is not stays in the dictionary as Unknown."""
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            raise _Unclear("a dictionary is unpacked into another")
        try:
            known = _value(value, lookup)
        except _Unclear as error:
            yield _value(key, lookup), Unknown(str(error))
        else:
            yield _value(key, lookup), known


def assigned_value(file: PythonFile, target: cst.CSTNode) -> cst.BaseExpression | None:
    """The value of `target = value` and `target: type = value`."""
    parent = file.parent(target)
    if isinstance(parent, cst.AnnAssign) and parent.target is target:
        return parent.value
    statement = file.parent(parent) if isinstance(parent, cst.AssignTarget) else None
    if isinstance(statement, cst.Assign) and isinstance(target, cst.Name):
        return statement.value
    return None


def _module_constants(tree: ast.Module, name: str) -> Iterator[ast.expr]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = getattr(node, "value", None)
            if value is not None:
                yield value
