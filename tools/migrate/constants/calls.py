"""What calls give: of the environment, of settings files, and of the repository's own functions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tools.migrate.constants.bindings import own_nodes
from tools.migrate.constants.committed_settings import ENV, EXAMPLES, contents, opened
from tools.migrate.constants.committed_settings import environment as committed_environment
from tools.migrate.constants.objects import (
    MISSING,
    At,
    Defined,
    Given,
    Instance,
    NoFile,
    Opened,
    PathEnd,
    Unclear,
    Unset,
    short,
)
from tools.migrate.parsed import dotted
from tools.migrate.syntax.values import GETENV

if TYPE_CHECKING:
    from tools.migrate.constants.reader import Reader

LOADERS = frozenset(
    {"yaml.safe_load", "yaml.load", "yaml.full_load", "json.load", "json.loads"}
    | {"tomllib.load", "tomllib.loads", "tomli.load", "toml.load", "toml.loads"}
)
JOINS = frozenset({"os.path.join", "path.join", "join"})
SAME = frozenset({"str", "Path", "pathlib.Path", "os.path.abspath", "os.path.normpath"})


def call(reader: Reader, node: ast.Call, at: At) -> object:
    """What a call gives: a setting, a committed file's contents, or what code here returns."""
    name = dotted(node.func) or ""
    if name in GETENV and node.args:
        return _getenv(reader, node, at)
    if name in LOADERS and node.args:
        return contents(reader.project, _opened(reader, node.args[0], at))
    if name == "open" and node.args:
        return _opened(reader, node.args[0], at)
    if name in JOINS and node.args:
        return path_end(reader, node, at)
    if name in SAME and len(node.args) == 1:
        return path_end(reader, node.args[0], at)
    if isinstance(node.func, ast.Attribute):
        method = _method(reader, node, node.func, at)
        if method is not MISSING:
            return method
    return _own(reader, node, at)


def _method(reader: Reader, node: ast.Call, function: ast.Attribute, at: At) -> object:
    """The value of a known method's call; MISSING when it is none."""
    if function.attr == "get" and node.args:
        owner = reader.value(function.value, at)
        if isinstance(owner, dict):
            default = reader.value(node.args[1], at) if len(node.args) > 1 else None
            return reader.entry(owner, reader.value(node.args[0], at), node, default)
    if function.attr in ("read", "read_text", "open", "strip"):
        owner = path_end(reader, function.value, at)
        if isinstance(owner, str) and function.attr == "strip" and not node.args:
            return owner.strip()
        return opened(reader.project, at.path, owner)
    return MISSING


def _own(reader: Reader, node: ast.Call, at: At) -> object:
    """What a function or class of the repository gives."""
    try:
        called = reader.value(node.func, at)
    except Unclear:
        called = None
    if isinstance(called, Defined):
        if isinstance(called.node, ast.ClassDef):
            return Instance(called, Given(node, at))
        scopes = (called.node, *called.at.scopes)
        inside = At(called.at.path, scopes, Given(node, at))
        return returned(reader, called.node, inside)
    raise Unclear(f"{short(node)} is no plain value")


def returned(reader: Reader, function: ast.AST, inside: At) -> object:
    """What a function returns, when all its returns agree."""
    returns = [n.value for n in own_nodes(function) if isinstance(n, ast.Return) and n.value]
    if not returns:
        raise Unclear("a function returns nothing that can be told")
    return reader.agreed("what a function returns", [(value, inside) for value in returns])


def _opened(reader: Reader, node: ast.expr, at: At) -> Opened:
    return opened(reader.project, at.path, path_end(reader, node, at))


def path_end(reader: Reader, node: ast.expr, at: At) -> object:
    """The value, or the end of a path that is joined to something unknown."""
    if isinstance(node, ast.Call) and dotted(node.func) in JOINS:
        path = path_end(reader, node.args[0], at)
        for part in node.args[1:]:
            path = joined(path, reader.value(part, at))
        return path
    try:
        return reader.value(node, at)
    except NoFile:
        raise
    except Unclear:
        return PathEnd("")


def _getenv(reader: Reader, node: ast.Call, at: At) -> object:
    default = node.args[1] if len(node.args) > 1 else None
    default = next((k.value for k in node.keywords if k.arg == "default"), default)
    name = str(reader.value(node.args[0], at))
    return environment(reader, name, at, reader.value(default, at) if default else MISSING)


def environment(reader: Reader, name: str, at: At, default: object = MISSING) -> object:
    """The value that the repository gives a variable: in .env, by default, in an example."""
    reader.overridden.append(name)
    committed = committed_environment(reader.project, at.path, name, ENV)
    if committed is not None:
        return committed
    if default is not MISSING and default is not None:
        return default
    example = committed_environment(reader.project, at.path, name, EXAMPLES)
    if example is None:
        raise Unset(
            f"the environment variable {name} names it, and no committed file sets it: give it a"
            " default in the code"
        )
    return example


def joined(left: object, right: object) -> object:
    """A path and what follows it."""
    if not isinstance(right, str):
        raise Unclear("the end of a path cannot be told")
    if isinstance(left, PathEnd):
        return PathEnd(f"{left.text}/{right}".lstrip("/"))
    return f"{left}/{right}" if isinstance(left, str) else PathEnd(right)
