"""Reads expressions: literals, names, settings and what the repository's own functions return."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tools.migrate.constants import lookup
from tools.migrate.constants.bindings import own_nodes
from tools.migrate.constants.committed_settings import (
    ENV,
    EXAMPLES,
    contents,
    environment,
    opened,
)
from tools.migrate.constants.objects import (
    At,
    Defined,
    Given,
    Instance,
    NoFile,
    Opened,
    PathEnd,
    Unclear,
    Unset,
)
from tools.migrate.parsed import dotted
from tools.migrate.project import Project
from tools.migrate.syntax.values import GETENV, Unknown

DEEPEST = 40
MISSING = object()
LOADERS = frozenset(
    {"yaml.safe_load", "yaml.load", "yaml.full_load", "json.load", "json.loads"}
    | {"tomllib.load", "tomllib.loads", "tomli.load", "toml.load", "toml.loads"}
)
JOINS = frozenset({"os.path.join", "path.join", "join"})
SAME = frozenset({"str", "Path", "pathlib.Path", "os.path.abspath", "os.path.normpath"})


@dataclass
class Reader:
    """Reads values of one repository; notes the environment variables that may override them."""

    project: Project
    overridden: list[str] = field(default_factory=list)
    _depth: int = 0

    def value(self, node: ast.expr, at: At) -> object:
        """The value of an expression. Raises Unclear."""
        if self._depth > DEEPEST:
            raise Unclear(f"{_short(node)} cannot be followed to its end")
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
                return self._call(node, at)
        raise Unclear(f"{_short(node)} is no plain value")

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
            raise Unclear(f"{_short(node)} is no plain text")
        return str(value)

    def _sum(self, node: ast.BinOp, at: At) -> object:
        right = self.value(node.right, at)
        if isinstance(node.op, ast.Div):
            return _joined(self.path_end(node.left, at), right)
        left = self.value(node.left, at)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        raise Unclear(f"{_short(node)} is no plain value")

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
            return self.environment(str(self.value(node.slice, at)), at)
        return self._entry(self.value(node.value, at), self.value(node.slice, at), node)

    def _entry(
        self, owner: object, key: object, node: ast.expr, default: object = MISSING
    ) -> object:
        if isinstance(owner, dict) and (key in owner or default is not MISSING):
            value = owner.get(key, default)
            if not isinstance(value, Unknown):
                return value
            raise Unclear(value.reason)
        if isinstance(owner, list) and isinstance(key, int) and -len(owner) <= key < len(owner):
            return owner[key]
        raise Unclear(f"{_short(node)} is no plain value")

    # Calls

    def _call(self, node: ast.Call, at: At) -> object:
        name = dotted(node.func) or ""
        if name in GETENV and node.args:
            return self._getenv(node, at)
        if name in LOADERS and node.args:
            return contents(self.project, self._opened(node.args[0], at))
        if name == "open" and node.args:
            return self._opened(node.args[0], at)
        if name in JOINS and node.args:
            return self.path_end(node, at)
        if name in SAME and len(node.args) == 1:
            return self.path_end(node.args[0], at)
        if isinstance(node.func, ast.Attribute):
            method = self._method(node, node.func, at)
            if method is not MISSING:
                return method
        return self._own(node, at)

    def _method(self, node: ast.Call, function: ast.Attribute, at: At) -> object:
        """The value of a known method's call; MISSING when it is none."""
        if function.attr == "get" and node.args:
            owner = self.value(function.value, at)
            if isinstance(owner, dict):
                default = self.value(node.args[1], at) if len(node.args) > 1 else None
                return self._entry(owner, self.value(node.args[0], at), node, default)
        if function.attr in ("read", "read_text", "open", "strip"):
            owner = self.path_end(function.value, at)
            if isinstance(owner, str) and function.attr == "strip" and not node.args:
                return owner.strip()
            return opened(self.project, at.path, owner)
        return MISSING

    def _own(self, node: ast.Call, at: At) -> object:
        """What a function or class of the repository gives."""
        try:
            called = self.value(node.func, at)
        except Unclear:
            called = None
        if isinstance(called, Defined):
            if isinstance(called.node, ast.ClassDef):
                return Instance(called, Given(node, at))
            scopes = (called.node, *called.at.scopes)
            inside = At(called.at.path, scopes, Given(node, at))
            return self.returned(called.node, inside)
        raise Unclear(f"{_short(node)} is no plain value")

    def returned(self, function: ast.AST, inside: At) -> object:
        """What a function returns, when all its returns agree."""
        returns = [n.value for n in own_nodes(function) if isinstance(n, ast.Return) and n.value]
        if not returns:
            raise Unclear("a function returns nothing that can be told")
        return self.agreed("what a function returns", [(value, inside) for value in returns])

    def _opened(self, node: ast.expr, at: At) -> Opened:
        return opened(self.project, at.path, self.path_end(node, at))

    def path_end(self, node: ast.expr, at: At) -> object:
        """The value, or the end of a path that is joined to something unknown."""
        if isinstance(node, ast.Call) and dotted(node.func) in JOINS:
            joined = self.path_end(node.args[0], at)
            for part in node.args[1:]:
                joined = _joined(joined, self.value(part, at))
            return joined
        try:
            return self.value(node, at)
        except NoFile:
            raise
        except Unclear:
            return PathEnd("")

    # The environment

    def _getenv(self, node: ast.Call, at: At) -> object:
        default = node.args[1] if len(node.args) > 1 else None
        default = next((k.value for k in node.keywords if k.arg == "default"), default)
        name = str(self.value(node.args[0], at))
        return self.environment(name, at, self.value(default, at) if default else MISSING)

    def environment(self, name: str, at: At, default: object = MISSING) -> object:
        """The value that the repository gives a variable: in .env, by default, in an example."""
        self.overridden.append(name)
        committed = environment(self.project, at.path, name, ENV)
        if committed is not None:
            return committed
        if default is not MISSING and default is not None:
            return default
        example = environment(self.project, at.path, name, EXAMPLES)
        if example is None:
            raise Unset(
                f"the environment variable {name} names it, and no committed file sets it: give it a"
                " default in the code"
            )
        return example


def _joined(left: object, right: object) -> object:
    if not isinstance(right, str):
        raise Unclear("the end of a path cannot be told")
    if isinstance(left, PathEnd):
        return PathEnd(f"{left.text}/{right}".lstrip("/"))
    return f"{left}/{right}" if isinstance(left, str) else PathEnd(right)


def _short(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}…"
