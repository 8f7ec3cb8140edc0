"""Reads expressions: literals, names, settings and what the repository's own functions return."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tools.migrate.constants import lookup
from tools.migrate.constants.calls import call, environment, joined, path_end
from tools.migrate.constants.objects import MISSING, At, Unclear, Unset, short
from tools.migrate.parsed import dotted
from tools.migrate.project import Project
from tools.migrate.syntax.values import Unknown

DEEPEST = 40


@dataclass
class Reader:
    """Reads values of one repository; notes the environment variables that may override them."""

    project: Project
    overridden: list[str] = field(default_factory=list)
    _depth: int = 0

    def value(self, node: ast.expr, at: At) -> object:
        """The value of an expression. Raises Unclear."""
        if self._depth > DEEPEST:
            raise Unclear(f"{short(node)} cannot be followed to its end")
        self._depth += 1
        try:
            return self._value(node, at)
        finally:
            self._depth -= 1

    def _value(self, node: ast.expr, at: At) -> object:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return lookup.name(self, node.id, at)
            case ast.Attribute():
                return self._attribute(node, at)
            case ast.Subscript():
                return self._item(node, at)
            case ast.Dict():
                return self._dictionary(node, at)
            case ast.List() | ast.Tuple():
                return [self.value(item, at) for item in node.elts]
            case ast.JoinedStr():
                return "".join(self._part(part, at) for part in node.values)
            case ast.BinOp(op=ast.Add() | ast.Div()):
                return self._sum(node, at)
            case ast.BoolOp(op=ast.Or()):
                return self._first(node, at)
            case ast.IfExp():
                return self.agreed(ast.unparse(node), [(node.body, at), (node.orelse, at)])
            case ast.Call():
                return call(self, node, at)
        raise Unclear(f"{short(node)} is no plain value")

    def agreed(self, what: str, choices: list[tuple[ast.expr, At]]) -> object:
        """The value that all of several expressions have; those that are None do not count."""
        values: list[object] = []
        for node, at in choices:
            value = self.value(node, at)
            if value is not None and value not in values:
                values.append(value)
        if len(values) > 1:
            raise Unclear(f"{what} has more than one value")
        return values[0] if values else None

    # Parts of expressions

    def _part(self, node: ast.expr, at: At) -> str:
        if isinstance(node, ast.FormattedValue):
            plain = node.conversion == -1 and not node.format_spec
            value = self.value(node.value, at) if plain else None
        else:
            value = self.value(node, at)
        if not isinstance(value, str | int):
            raise Unclear(f"{short(node)} is no plain text")
        return str(value)

    def _sum(self, node: ast.BinOp, at: At) -> object:
        right = self.value(node.right, at)
        if isinstance(node.op, ast.Div):
            return joined(path_end(self, node.left, at), right)
        left = self.value(node.left, at)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        raise Unclear(f"{short(node)} is no plain value")

    def _first(self, node: ast.BoolOp, at: At) -> object:
        value: object = None
        for operand in node.values:
            try:
                value = self.value(operand, at)
            except Unset:
                if operand is node.values[-1]:
                    raise
                continue
            if value:
                return value
        return value

    def _dictionary(self, node: ast.Dict, at: At) -> dict[object, object]:
        """Keys must be known; a value that is not stays in the dictionary as Unknown."""
        found: dict[object, object] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            if key is None:
                raise Unclear("a dictionary is unpacked into another")
            try:
                value = self.value(item, at)
            except Unclear as error:
                value = Unknown(str(error))
            found[self.value(key, at)] = value
        return found

    def _attribute(self, node: ast.Attribute, at: At) -> object:
        return lookup.attribute(self, self.value(node.value, at), node, at)

    def _item(self, node: ast.Subscript, at: At) -> object:
        if dotted(node.value) in ("os.environ", "environ"):
            return environment(self, str(self.value(node.slice, at)), at)
        return self.entry(self.value(node.value, at), self.value(node.slice, at), node)

    def entry(
        self, owner: object, key: object, node: ast.expr, default: object = MISSING
    ) -> object:
        """The value that a dictionary or list has for a key."""
        if isinstance(owner, dict) and (key in owner or default is not MISSING):
            value = owner.get(key, default)
            if not isinstance(value, Unknown):
                return value
            raise Unclear(value.reason)
        if isinstance(owner, list) and isinstance(key, int) and -len(owner) <= key < len(owner):
            return owner[key]
        raise Unclear(f"{short(node)} is no plain value")
