"""The dictionaries that keep a conversation for each session, and what the code does with them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import Assignment

from tools.migrate.flows import Function, destinations
from tools.migrate.keepers import session_dictionaries
from tools.migrate.lifetime import Place, callers, places
from tools.migrate.memories.classes import HISTORIES, LEFT, SUMMARIES, WINDOWS
from tools.migrate.memories.located import node_of
from tools.migrate.memories.made import made
from tools.migrate.parsed import dotted
from tools.migrate.project import RUNTIME, Project
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.values import assigned_value

OURS = frozenset(
    {
        f"{RUNTIME}.window_memory.WindowMemory",
        f"{RUNTIME}.session_history.SessionHistory",
        f"{RUNTIME}.session_history.WindowHistory",
    }
)
MEMORIES = OURS | WINDOWS.keys() | HISTORIES.keys() | LEFT.keys() | SUMMARIES.keys()
_DEEPEST = 3  # functions that a memory is handed through


@dataclass(frozen=True)
class Dictionary:
    """One of them: the expressions that make it, and every other mention of it in the file."""

    file: PythonFile
    name: str  # "store", "self.store"
    values: list[cst.BaseExpression]
    uses: list[cst.CSTNode]
    outside: list[cst.CSTNode]  # mentions of an attribute of that name of something else


def kept_in(project: Project, place: Place, depth: int = 0) -> Iterator[tuple[Place, ast.expr]]:
    """The dictionaries by session that keep what is made at a place, here or where it is returned."""
    found = [*(d for d, _ in session_dictionaries(place.node, place.around)), *_factory_of(place)]
    yield from ((place, dictionary) for dictionary in found)
    function = next((n for n in place.around if isinstance(n, Function)), None)
    if function is None or found or depth == _DEEPEST:
        return
    own = (p for p in places(project, place.path) if _calls(p.node, f"self.{function.name}"))
    for caller in (*callers(project, place.path, function.name), *own):
        yield from kept_in(project, caller, depth + 1)


def _factory_of(place: Place) -> Iterator[ast.expr]:
    """The dictionary that is assigned `defaultdict(lambda: …)` around the place."""
    for factory, call in zip(place.around, place.around[1:], strict=False):
        made = isinstance(call, ast.Call) and (dotted(call.func) or "").endswith("defaultdict")
        if isinstance(factory, ast.Lambda) and made:
            yield from destinations(call, place.around[place.around.index(call) :])[:1]


def memories(project: Project) -> Iterator[Place]:
    """Where a memory or a history is made."""
    for path in project.python():
        data = project.read(path)
        if b"Memory" in data or b"History" in data:
            yield from made(project, path, MEMORIES)


def dictionary(file: PythonFile, expression: ast.expr) -> Dictionary | None:
    """The dictionary that an expression names; None where it is not one of this file."""
    name = dotted(expression)
    node = node_of(file, expression)
    if name is None or node is None:
        return None
    if isinstance(node, cst.Name):
        return _named(file, node)
    is_own = isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name)
    return _attribute(file, node, name) if is_own and name.startswith("self.") else None


def _named(file: PythonFile, node: cst.Name) -> Dictionary | None:
    assignments = list(file.scope(node)[node.value])
    targets = [a.node for a in assignments if isinstance(a, Assignment)]
    if len(targets) != len(assignments):
        return None
    values = [v for target in targets if (v := assigned_value(file, target)) is not None]
    uses = {access.node for a in assignments for access in a.references}
    return Dictionary(file, node.value, values, sorted(uses, key=file.span), [])


def _attribute(file: PythonFile, node: cst.CSTNode, name: str) -> Dictionary | None:
    """An attribute of one class: the mentions in another class are of another dictionary."""
    owner = _class_of(file, node)
    if owner is None:
        return None
    last = name.rpartition(".")[2]
    mentions = [n for n in file.nodes(cst.Attribute) if n.attr.value == last]
    own = [n for n in mentions if file.source(n) == name and _class_of(file, n) is owner]
    given = {id(n): _value(file, n) for n in own}
    values = [*_in_body(owner, last), *(value for value in given.values() if value is not None)]
    uses: list[cst.CSTNode] = [n for n in own if given[id(n)] is None]
    return Dictionary(file, name, values, uses, [n for n in mentions if file.source(n) != name])


def _class_of(file: PythonFile, node: cst.CSTNode) -> cst.ClassDef | None:
    return next((a for a in file.ancestors(node) if isinstance(a, cst.ClassDef)), None)


def _in_body(owner: cst.ClassDef, name: str) -> Iterator[cst.BaseExpression]:
    """The values that the body of the class gives to a name."""
    lines = [line for line in owner.body.body if isinstance(line, cst.SimpleStatementLine)]
    for small in (small for line in lines for small in line.body):
        targets = [t.target for t in small.targets] if isinstance(small, cst.Assign) else []
        targets += [small.target] if isinstance(small, cst.AnnAssign) else []
        value = small.value if isinstance(small, cst.Assign | cst.AnnAssign) else None
        if value is not None and any(isinstance(t, cst.Name) and t.value == name for t in targets):
            yield value


def _value(file: PythonFile, node: cst.Attribute) -> cst.BaseExpression | None:
    """The value of `self.store = value` and `self.store: type = value`."""
    parent = file.parent(node)
    if isinstance(parent, cst.AnnAssign) and parent.target is node:
        return parent.value
    statement = file.parent(parent) if isinstance(parent, cst.AssignTarget) else None
    return statement.value if isinstance(statement, cst.Assign) else None


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func) == name
