"""Names the async handlers that wait for the model and so keep the health route waiting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tools.migrate.flows import Function, own_nodes
from tools.migrate.handlers.definitions import Definition, Definitions
from tools.migrate.handlers.frameworks import REQUEST, handlers
from tools.migrate.handlers.guards import is_once
from tools.migrate.model_calls import is_model_call, shown, uses_model
from tools.migrate.parsed import dotted, last_name
from tools.migrate.project import Project
from tools.migrate.result import Note

KINDS = frozenset({"fastapi", "starlette", "quart"})
ASYNC_METHODS = frozenset(
    {"ainvoke", "arun", "apredict", "acall", "astream", "acreate", "generate_content_async"}
)
# Calls whose arguments are coroutines.
AWAITING = frozenset({"gather", "wait_for", "shield", "create_task", "ensure_future", "wait"})
INNER = Function | ast.ClassDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class _Wait:
    """A call in async code that returns only when the model has answered."""

    path: PurePosixPath
    call: ast.Call
    model: tuple[PurePosixPath, ast.Call]  # the model's own call, here or further in


def note_blocking(project: Project, rule: str) -> None:
    """Warn of each async handler that calls the model without await: its first such call."""
    entries = [entry.path for entry in project.entry_points() if entry.kind in KINDS]
    reached = [project.graph.reached(path) for path in entries]
    paths = frozenset().union(*(found for found in reached if uses_model(project, found)))
    if not paths:
        return
    definitions = Definitions(project)
    for handler, begun in handlers(project, definitions):
        is_async = isinstance(handler.node, ast.AsyncFunctionDef)
        if is_async and begun.when == REQUEST and handler.path in paths:
            wait = _wait(definitions, handler, set())
            if wait is not None:
                line = project.original_line(wait.path, wait.call.lineno)
                message = _message(project, handler, wait)
                project.note(Note(rule, "warning", str(wait.path), line, message))


def _wait(definitions: Definitions, found: Definition, seen: set[ast.AST]) -> _Wait | None:
    """The first call in a function that waits for the model; `seen` was looked through before."""
    if found.node in seen:
        return None
    seen.add(found.node)
    body = list(_runs(found.node))
    awaited = set(_awaited(body))
    is_async = isinstance(found.node, ast.AsyncFunctionDef)
    for call in (node for node in body if isinstance(node, ast.Call)):
        if _blocks(call, body) and call not in awaited:
            return _Wait(found.path, call, (found.path, call))
        for definition in _called(definitions, found, call, call in awaited):
            wait = _wait(definitions, definition, seen)
            if wait is not None:
                plain = isinstance(definition.node, ast.FunctionDef)
                return _Wait(found.path, call, wait.model) if is_async and plain else wait
    return None


def _runs(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the function is called: a function inside is not called by that."""
    for child in (
        getattr(node, "body", ()) if isinstance(node, INNER) else ast.iter_child_nodes(node)
    ):
        if not isinstance(child, INNER):
            yield child
            yield from _runs(child)


def _blocks(call: ast.Call, body: list[ast.AST]) -> bool:
    method = _method(call)
    if method == "stream":  # waits only where it is gone through
        loops = [node.iter for node in body if isinstance(node, ast.For)]
        return call in loops and is_model_call(call)
    return method not in ASYNC_METHODS and is_model_call(call)


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else last_name(call.func)


def _awaited(body: list[ast.AST]) -> Iterator[ast.AST]:
    for node in body:
        if isinstance(node, ast.Await):
            yield node.value
        elif isinstance(node, ast.AsyncFor):
            yield node.iter
        elif isinstance(node, ast.AsyncWith):
            yield from (item.context_expr for item in node.items)
        elif isinstance(node, ast.comprehension) and node.is_async:
            yield node.iter
        elif isinstance(node, ast.Call) and _method(node) in AWAITING:
            yield from node.args


def _called(
    definitions: Definitions, found: Definition, call: ast.Call, awaited: bool
) -> Iterator[Definition]:
    """The functions of the repository that run in a call: of a generator nothing does yet."""
    kind = ast.AsyncFunctionDef if awaited else ast.FunctionDef
    for definition in definitions.resolve(found.path, dotted(call.func) or "", found.owner):
        node = definition.node
        if isinstance(node, kind) and not is_once(node) and (awaited or not _is_generator(node)):
            yield definition


def _is_generator(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function))


def _message(project: Project, handler: Definition, wait: _Wait) -> str:
    name, (path, model) = shown(wait.call), wait.model
    through = ""
    if model is not wait.call:
        line = project.original_line(path, model.lineno)
        through = f" ({shown(model)} in {path}:{line})"
    return (
        f"{handler.name} is async and waits for {name}{through} without await: nobody else is"
        f" answered meanwhile, /health neither. {_advice(handler, name)}"
    )


def _advice(handler: Definition, name: str) -> str:
    if name.endswith(".stream"):
        return f"Write `async for … in {name.removesuffix('stream')}astream(…)`"
    waits = ast.Await | ast.AsyncFor | ast.AsyncWith
    inner = any(isinstance(node, waits) for node in own_nodes(handler.node))
    advice = f"Write `await asyncio.to_thread({name}, …)`"
    return advice if inner else f"{advice}, or make {handler.name} a plain def"
