"""Where a request names its own session: a parameter, a field of its body, a key of its JSON."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from tools.migrate.parsed import parse
from tools.migrate.syntax.file import PythonFile

ID = re.compile(
    r"(x[-_])?(session|conversation|chat|thread|user|client|visitor|customer)[-_]?(id|key|uuid)",
    re.I,
)
# Other handlers (a user's profile, a list of orders) have nothing to do with a conversation.
_TALKS = re.compile(
    r"agent|answer|ask|bot|chain|chat|conversation|history|llm|memory|message|qa|query|question|rag",
    re.I,
)
_VERBS = frozenset({"route", "get", "post", "put", "api_route", "websocket"})
_HANDLER = re.compile(
    rb"@\w[\w.]*\.(?:route|get|post|put|api_route|websocket|event|on)\b|\(request\b"
)


@dataclass(frozen=True)
class Named:
    """An expression that names the session, and the statement that it is known before or behind."""

    function: cst.FunctionDef
    expression: str
    behind: cst.SimpleStatementLine | None  # None: known when the function begins
    shared: str | None  # the value that everybody has who sends none

    @property
    def arguments(self) -> str:
        return (
            self.expression if self.shared is None else f"{self.expression}, but_not={self.shared}"
        )


def may_name_sessions(data: bytes) -> bool:
    """Whether a file has functions that answer requests: worth parsing it."""
    return bool(_HANDLER.search(data))


def named_sessions(file: PythonFile) -> Iterator[Named]:
    """At most one for each function that answers requests."""
    for function in file.nodes(cst.FunctionDef):
        if isinstance(function.body, cst.IndentedBlock):
            found = next(_named(file, function), None)
            if found is not None and _TALKS.search(file.source(function)):
                yield found


def _named(file: PythonFile, function: cst.FunctionDef) -> Iterator[Named]:
    if _listens(function):
        yield Named(function, "sid", None, None)
    elif answers(function):
        yield from _in_parameters(file, function)
        yield from _in_body(file, function)


def _listens(function: cst.FunctionDef) -> bool:
    """Whether it answers a socket of python-socketio: `@sio.event`, `@sio.on("message")`."""
    first = function.params.params[:1]
    if not first or first[0].name.value != "sid":
        return False
    methods = (getattr(d.decorator, "func", d.decorator) for d in function.decorators)
    return any(isinstance(m, cst.Attribute) and m.attr.value in ("event", "on") for m in methods)


def answers(function: cst.FunctionDef) -> bool:
    """Whether it answers a request: `@app.post("/chat")`, a view of Django."""
    for decorator in function.decorators:
        call = decorator.decorator
        method = call.func if isinstance(call, cst.Call) else None
        if isinstance(method, cst.Attribute) and method.attr.value in _VERBS:
            return True
    first = function.params.params[:1]
    return bool(first) and first[0].name.value == "request"


def _in_parameters(file: PythonFile, function: cst.FunctionDef) -> Iterator[Named]:
    parameters = [*function.params.params, *function.params.kwonly_params]
    for parameter in parameters:
        if ID.fullmatch(parameter.name.value):
            shared = _text(file, parameter.default)
            yield Named(function, parameter.name.value, None, shared)
    for parameter in parameters:
        annotation = parameter.annotation.annotation if parameter.annotation else None
        if isinstance(annotation, cst.Name) and parameter.default is None:
            for field, shared in _fields(file, annotation.value):
                yield Named(function, f"{parameter.name.value}.{field}", None, shared)


def _in_body(file: PythonFile, function: cst.FunctionDef) -> Iterator[Named]:
    """`session_id = data.get("session_id", "default")`"""
    for line in function.body.body:
        small = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        if not isinstance(small, cst.Assign) or not isinstance(line, cst.SimpleStatementLine):
            continue
        target = small.targets[0].target
        tree = ast.parse(f"({file.source(small.value)}\n)", mode="eval").body
        if isinstance(target, cst.Name) and len(small.targets) == 1 and _asks_for_id(tree):
            yield Named(function, target.value, line, _default(tree))


def _asks_for_id(value: ast.expr) -> bool:
    """Whether an entry of that name is looked up."""
    for node in ast.walk(value):
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            key = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            key = node.args[0] if node.func.attr == "get" else None
        if isinstance(key, ast.Constant) and ID.fullmatch(str(key.value)):
            return True
    return False


def _default(value: ast.expr) -> str | None:
    """The literal text that stands in for an id that is not sent."""
    rest = [a for node in ast.walk(value) if isinstance(node, ast.Call) for a in node.args[1:]]
    rest += [o for node in ast.walk(value) if isinstance(node, ast.BoolOp) for o in node.values[1:]]
    texts = (node.value for node in rest if isinstance(node, ast.Constant))
    return next((repr(text) for text in texts if isinstance(text, str) and text), None)


def _fields(file: PythonFile, name: str) -> Iterator[tuple[str, str | None]]:
    """The fields of a model of the repository that name a session, with their default."""
    for node in _class(file, name):
        for field in (f for f in node.body if isinstance(f, ast.AnnAssign)):
            if isinstance(field.target, ast.Name) and ID.fullmatch(field.target.id):
                yield field.target.id, _literal(field.value)


def _class(file: PythonFile, name: str) -> Iterator[ast.ClassDef]:
    project = file.project
    tree = parse(project.read(file.path))
    for node in tree.body if tree else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield node
        if isinstance(node, ast.ImportFrom) and any(a.name == name for a in node.names):
            place = project.graph.resolve(file.path, node.level, node.module or "")
            other = parse(project.read(place[0])) if place else None
            found = other.body if other else []
            yield from (n for n in found if isinstance(n, ast.ClassDef) and n.name == name)


def _text(file: PythonFile, default: cst.BaseExpression | None) -> str | None:
    if default is None:
        return None
    return _literal(ast.parse(f"({file.source(default)}\n)", mode="eval").body)


def _literal(default: ast.expr | None) -> str | None:
    """The text of `"default"`, `Field("default")`, `Form(default="default")`."""
    values = [default]
    if isinstance(default, ast.Call):
        values = [*default.args[:1], *(k.value for k in default.keywords if k.arg == "default")]
    texts = (value.value for value in values if isinstance(value, ast.Constant))
    return next((repr(text) for text in texts if isinstance(text, str) and text), None)
