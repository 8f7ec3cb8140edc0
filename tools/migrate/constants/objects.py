"""What names can stand for beside plain values."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Scope = Function | ast.ClassDef | ast.Module | ast.Lambda | Comprehension


MISSING = object()  # no default is given


class Unclear(Exception):
    """A value that cannot be told. The message says why."""


class Unset(Unclear):
    """An environment variable that nothing in the repository sets."""


class NoFile(Unclear):
    """A file that the repository does not have."""


@dataclass(frozen=True, slots=True)
class At:
    """A place in the code: its scopes, innermost first, and what the function was called with."""

    path: PurePosixPath
    scopes: tuple[Scope, ...]
    given: Given | None = None

    def outer(self, index: int) -> At:
        """The place with the scopes from `index` on."""
        return self if not index else At(self.path, self.scopes[index:])


@dataclass(frozen=True, slots=True)
class Given:
    """A call whose function is being read: its arguments are those of the call."""

    call: ast.Call
    at: At


@dataclass(frozen=True, slots=True)
class ModuleValue:
    """A module of the repository."""

    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class Defined:
    """A function or class of the repository; `at` is where it is defined."""

    node: Function | ast.ClassDef
    at: At
    owner: Instance | None = None  # of a method


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the repository; `made` is the call, where it is known."""

    kind: Defined
    made: Given | None = None


@dataclass(frozen=True, slots=True)
class PathEnd:
    """A path of which only the end is known, as of os.path.join(BASE, "config.yaml")."""

    text: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A committed file that is open, or its text."""

    path: PurePosixPath


def argument(call: ast.Call, function: Function, name: str, *, method: bool) -> ast.expr | None:
    """The expression that a call gives for a parameter; None when the default holds.

    Raises Unclear where * or ** may give it.
    """
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)][method:]
    index = names.index(name) if name in names else None
    if any(isinstance(a, ast.Starred) for a in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    ):
        raise Unclear(f"{name} may come from * or **")
    return call.args[index] if index is not None and index < len(call.args) else None


def defaults(function: Function) -> Mapping[str, ast.expr]:
    """The default of each parameter that has one."""
    given = function.args
    plain = [*given.posonlyargs, *given.args]
    found = dict(
        zip([a.arg for a in plain[len(plain) - len(given.defaults) :]], given.defaults, strict=True)
    )
    for parameter, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if default is not None:
            found[parameter.arg] = default
    return found


def passing(scope: ast.Lambda | Comprehension) -> set[str]:
    """The names that a lambda or a comprehension sets anew each time."""
    if isinstance(scope, ast.Lambda):
        return set(parameters(scope))
    targets = [generator.target for generator in scope.generators]
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def parameters(function: Function | ast.Lambda) -> list[str]:
    """The names of its parameters."""
    given = function.args
    return [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def scopes_around(around: Sequence[ast.AST]) -> tuple[Scope, ...]:
    """The scopes among the nodes around a place, innermost first."""
    return tuple(node for node in around if isinstance(node, Scope))


def short(node: ast.AST) -> str:
    """Its source, cut where it is long."""
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}…"
