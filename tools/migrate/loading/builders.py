"""Tells which functions may be called once for all: they take nothing and build from constants."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.migrate.handlers.guards import is_once
from tools.migrate.loading.loads import MODEL, PICKLED_STORE, STORE, TORCH_MODEL, load_of
from tools.migrate.parsed import dotted, imported_names, last_name, nodes, qualified
from tools.migrate.syntax.exports import bindings

# What all visitors may use together.
_KEPT = (MODEL, PICKLED_STORE, STORE, TORCH_MODEL)
_BUILTINS = frozenset({"bool", "dict", "float", "int", "len", "list", "print", "str"})
_ENVIRONMENT = frozenset({"os.environ", "os.environ.get", "os.getenv"})
_HARMLESS = frozenset(
    {
        "os.path.abspath",
        "os.path.dirname",
        "os.path.join",
        "pathlib.Path",
        "streamlit.secrets",
        "torch.cuda.is_available",
        "torch.device",
    }
)
_CHANGING = frozenset({"append", "clear", "extend", "insert", "pop", "setdefault", "update"})
_PLAIN = (
    (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.IfExp, ast.JoinedStr, ast.FormattedValue)
    + (ast.Dict, ast.List, ast.Tuple, ast.Subscript)
)  # fmt: skip


def is_builder(tree: ast.Module, function: ast.AST) -> bool:
    """Whether each call of an undecorated function would give the same."""
    return not getattr(function, "decorator_list", ()) and _builds(tree, function, ())


def _builds(tree: ast.Module, function: ast.AST, callers: tuple[ast.AST, ...]) -> bool:
    """Whether one statement after the other makes something from constants, for the last to return."""
    if not isinstance(function, ast.FunctionDef) or function not in tree.body:
        return False
    given = function.args
    takes = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
    last = function.body[-1]
    if any(takes) or function in callers or not isinstance(last, ast.Return) or not last.value:
        return False
    constants = _Constants(tree, (*callers, function))
    return all(constants.allow(statement) for statement in function.body)


class _Constants:
    """Which expressions of a function have one value for as long as the process runs."""

    def __init__(self, tree: ast.Module, callers: tuple[ast.AST, ...]) -> None:
        self._tree = tree
        self._callers = callers
        self._imported = imported_names(tree)
        self._bound = bindings(tree)
        self._changed = frozenset(name for node in nodes(tree) for name in _changed(node))
        self._local: set[str] = set()
        environment = frozenset() if "environ" in self._changed else _ENVIRONMENT
        self._constants = _HARMLESS | environment

    def allow(self, node: ast.stmt) -> bool:
        """Whether a statement of the function may be run once instead of each time."""
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return True
        value = getattr(node, "value", None)
        if not isinstance(node, (ast.AnnAssign, ast.Assign, ast.Expr, ast.Return)) or not value:
            return False
        allowed = self._is_constant(value)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        self._local.update(target.id for target in targets if isinstance(target, ast.Name))
        return allowed and all(target is None or isinstance(target, ast.Name) for target in targets)

    def _is_constant(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            return node.id in self._local or self._is_constant_name(node.id)
        if isinstance(node, ast.Attribute):
            name = qualified(node, self._imported)
            known = name in self._constants or (name or "").rpartition(".")[2].isupper()
            return known if name else self._is_constant(node.value)
        if isinstance(node, ast.Call):
            return self._is_constant_call(node)
        values = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return isinstance(node, _PLAIN) and all(map(self._is_constant, values))

    def _is_constant_call(self, call: ast.Call) -> bool:
        name = qualified(call.func, self._imported) or ""
        builtin = dotted(call.func) in _BUILTINS and dotted(call.func) not in self._bound
        known = builtin or name in self._constants or load_of(name) in _KEPT
        if isinstance(call.func, ast.Attribute) and call.func.attr == "as_retriever":
            known = known or self._is_constant(call.func.value)
        known = known or self._is_built(call.func)
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        return known and all(map(self._is_constant, given))

    def _is_built(self, name: ast.expr) -> bool:
        """Whether a name is that of another such function of the file."""
        if len(self._bound.get(dotted(name) or "", ())) != 1:
            return False
        functions = [n for n in self._tree.body if getattr(n, "name", None) == dotted(name)]
        return any(
            _builds(self._tree, function, self._callers)
            and (is_once(function) or not getattr(function, "decorator_list", ()))
            for function in functions
        )

    def _is_constant_name(self, name: str) -> bool:
        if name == "__file__":
            return True
        bound = self._bound.get(name, [])
        if len(bound) != 1 or name in self._changed:
            return False
        if bound[0][1] is not None:
            return name.isupper()
        values = [
            node.value
            for node in self._tree.body
            if isinstance(node, ast.Assign) and [dotted(t) for t in node.targets] == [name]
        ]
        return len(values) == 1 and self._is_constant(values[0])


def _changed(node: ast.AST) -> Iterator[str]:
    """The names that a node changes the value of: by a statement, an index or a method."""
    if isinstance(node, ast.Global):
        yield from node.names
    elif isinstance(node, ast.AugAssign):
        yield last_name(node.target)
    elif (
        isinstance(node, ast.Subscript)
        and not isinstance(node.ctx, ast.Load)
        or isinstance(node, ast.Attribute)
        and node.attr in _CHANGING
    ):
        yield last_name(node.value)
