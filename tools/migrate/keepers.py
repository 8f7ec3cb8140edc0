"""What keeps an object: one name or class for all visitors, or a dictionary with one for each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from tools.migrate.flows import Function, Target, destinations, own_nodes
from tools.migrate.parsed import dotted

# A key or parameter of that name tells one conversation from another.
SESSION = re.compile(
    r"session|user|conversation|thread|visitor|customer|sender|phone|(chat|client)[._]?id|^[suc]id$",
    re.I,
)
_SINGLETON = re.compile("singleton", re.I)


def session_key(node: ast.AST, around: Sequence[ast.AST]) -> ast.expr | None:
    """The key under which a dictionary keeps the object, where it names a session."""
    return next((key for _, key in session_dictionaries(node, around)), None)


def session_dictionaries(
    node: ast.AST, around: Sequence[ast.AST]
) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The dictionaries that keep the object for a session, and the key of each."""
    for target in destinations(node, around):
        if isinstance(target, ast.Subscript) and names_session(target.slice):
            yield target.value, target.slice
    for above in around:
        if isinstance(above, Function):
            break
        found = _default(above)
        if found is not None and names_session(found[1]):
            yield found


def names_session(key: ast.expr) -> bool:
    """Whether an expression names a session, as `user_id`, `data["session_id"]`, `chat.id`."""
    if isinstance(key, ast.Constant):
        return False
    parts = (part for node in ast.walk(key) for part in _names(node))
    return any(SESSION.search(part) for part in parts)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield from (node.attr, dotted(node) or "")


def kept_for_all(node: ast.AST, around: Sequence[ast.AST]) -> bool:
    """Whether a function puts the object where it outlives the call, and all visitors find it."""
    functions = [n for n in around if isinstance(n, Function)]
    if not functions:
        return False
    globals_ = {
        name
        for function in functions
        for statement in ast.walk(function)
        if isinstance(statement, ast.Global)
        for name in statement.names
    }
    shared = _module_names(around[-1]) - set(_local_names(functions))
    return any(_is_shared(target, globals_, shared) for target in destinations(node, around))


def is_singleton(node: ast.ClassDef) -> bool:
    """Whether the class keeps the one object that it makes of itself."""
    marks = [*node.decorator_list, *(k.value for k in node.keywords if k.arg == "metaclass")]
    if any(_SINGLETON.search(dotted(mark) or "") for mark in marks):
        return True
    own = ("cls", node.name)
    return any(
        isinstance(statement, ast.Assign)
        and any(_makes(part, own) for part in ast.walk(statement.value))
        and any((dotted(t) or "").rpartition(".")[0] in own for t in statement.targets)
        for statement in ast.walk(node)
    )


def _makes(node: ast.AST, own: tuple[str, ...]) -> bool:
    """`cls()`, `Bot()`, `super().__new__(cls)`."""
    if not isinstance(node, ast.Call):
        return False
    new = isinstance(node.func, ast.Attribute) and node.func.attr == "__new__"
    return new or dotted(node.func) in own


def _is_shared(target: Target, globals_: set[str], shared: set[str]) -> bool:
    if isinstance(target, ast.Name):
        return target.id in globals_
    if isinstance(target, ast.Subscript):
        if not isinstance(target.slice, ast.Constant):
            return False
        return (dotted(target.value) or "").partition(".")[0] in shared
    root = (dotted(target) or "").partition(".")[0]
    return root == "cls" or root in shared or ".state." in (dotted(target) or "")


def _module_names(module: ast.AST) -> set[str]:
    """The names that a module defines: not those that it imports."""
    names = set()
    for node in own_nodes(module):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if isinstance(node, ast.ClassDef):
            names.add(node.name)
    return names


def _local_names(functions: Sequence[ast.AST]) -> Iterator[str]:
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.arg):
                yield node.arg
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _default(node: ast.AST) -> tuple[ast.expr, ast.expr] | None:
    """The dictionary and the key of `store.setdefault(key, value)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr != "setdefault" or len(node.args) != 2:
        return None
    return node.func.value, node.args[0]
