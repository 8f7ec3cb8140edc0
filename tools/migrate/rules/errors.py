"""Answer an error of the language model with 503 and JSON, where nothing in the app catches it.

A model that is overloaded, a wrong key or a timeout otherwise ends in a page of the server, or in
nothing at all. FastAPI, Starlette and Flask get a handler for the errors of the model's clients
alone: every other error goes on as before. An app that catches such errors itself keeps its way.
Streamlit, Chainlit, Gradio and Telegram have no such place, and no handler answers for a stream that
has begun, a socket or a thread: there the call is named.

     app = FastAPI()
    +app.add_middleware(ModelErrorMiddleware)
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import PurePosixPath
from types import MappingProxyType

from tools.migrate.apps import App, apps
from tools.migrate.model_calls import ModelCall, unprotected_calls, uses_remote_model
from tools.migrate.parsed import last_name, parse
from tools.migrate.project import Project
from tools.migrate.result import Note
from tools.migrate.settings import Settings
from tools.migrate.support import require_runtime
from tools.migrate.syntax.imports import Ours, import_lines
from tools.migrate.syntax.statements import insert_after, insert_import

ID = "errors"
ASGI = Ours("model_errors", "ModelErrorMiddleware")
FLASK = Ours("model_errors", "answer_model_error")
LINES = MappingProxyType(
    {
        "fastapi": (ASGI, "{app}.add_middleware({ours})"),
        "starlette": (ASGI, "{app}.add_middleware({ours})"),
        "flask": (FLASK, "{app}.register_error_handler(Exception, {ours})"),
    }
)
# Calls by which an app says what becomes of any exception.
HANDLERS = frozenset(
    {"errorhandler", "app_errorhandler", "register_error_handler", "exception_handler"}
    | {"add_exception_handler", "add_error_handler", "error_handler"}
)
EVERY = frozenset({"Exception", "500", "BaseException", "InternalServerError"})
# What a visitor sees of an error that nothing catches.
SHOWN = MappingProxyType(
    {
        "streamlit": "Streamlit shows the visitor the traceback",
        "chainlit": "Chainlit shows the visitor the error's own text",
        "gradio": "Gradio shows the visitor no more than 'Error'",
        **dict.fromkeys(("bot", "telegram"), "the bot stays silent"),
        "django": "Django answers with its page for 500",
    }
)


def apply(project: Project, settings: Settings) -> None:
    found = apps(project, ID, *LINES)
    for app in found:
        reached = project.graph.reached(app.entry.path)
        calls = unprotected_calls(project, reached) if uses_remote_model(project, reached) else []
        answered = [call for call in calls if not call.unanswered]
        if answered and not _handles_all(project, reached, app):
            _add(project, app, answered[0])
        _warn(project, [call for call in calls if call.unanswered])
    for app in found:
        app.file.save()
    _report(project)


def _warn(project: Project, calls: list[ModelCall]) -> None:
    """Name the first call of each kind whose error ends elsewhere than in the app's handlers."""
    first = {call.unanswered: call for call in reversed(calls)}
    for why, call in first.items():
        line = project.original_line(call.path, call.line)
        note = Note(ID, "warning", str(call.path), line, f"an error of {call.function}: {why}")
        if note not in project.notes:
            project.note(note)


def _add(project: Project, app: App, call: ModelCall) -> None:
    ours, line = LINES[app.entry.kind]
    imported = bool(app.file.edits)
    text = line.format(app=app.name, ours=ours.local_name(app.file))
    insert_after(app.file, app.statement, text)
    lines = [] if ours.imported_as(app.file) else import_lines(app.file, [ours])
    if lines and not imported:
        insert_import(app.file, *lines)
    require_runtime(project, project.app_root(app.file.path), ours.module)
    where = f"{call.path}:{project.original_line(call.path, call.line)}"
    message = (
        f"an error of the language model ({call.function} in {where}) is answered with 503 and JSON,"
        " and logged"
    )
    app.file.note("changed", app.statement, message)


def _handles_all(project: Project, paths: Iterable[PurePosixPath], app: App) -> bool:
    """Whether the app, or a file that it reaches, says what becomes of any exception."""
    local = LINES[app.entry.kind][0].imported_as(app.file)
    return any(
        any(_handles(node, local) for node in ast.walk(tree))
        for path in paths
        if (tree := parse(project.read(path)))
    )


def _handles(node: ast.AST, ours: str | None) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = last_name(node.func)
    given = {ast.unparse(argument).rpartition(".")[2] for argument in node.args}
    return (name in HANDLERS and not given.isdisjoint(EVERY)) or (
        ours is not None and ours in given
    )


def _report(project: Project) -> None:
    """Name the first such call of an app whose framework has no place for a handler."""
    said: set[ModelCall] = set()
    for entry in project.entry_points():
        reached = project.graph.reached(entry.path)
        if entry.kind not in SHOWN or _has_error_handler(project, reached):
            continue
        calls = unprotected_calls(project, reached) if uses_remote_model(project, reached) else []
        for call in calls[:1]:
            if call not in said:
                said.add(call)
                message = (
                    f"nothing catches an error of {call.function}: {SHOWN[entry.kind]}. Put a try"
                )
                message += " around it that answers with a sentence, and log the error"
                line = project.original_line(call.path, call.line)
                project.note(Note(ID, "warning", str(call.path), line, message))


def _has_error_handler(project: Project, paths: Iterable[PurePosixPath]) -> bool:
    return any(b"add_error_handler" in project.read(path) for path in paths)
