"""Add a health route to a FastAPI, Flask, Quart, Starlette or Django app that has none.

Hosts ask such a route before they send visitors, and restart an app that does not answer it.
The route touches neither model nor store. It is put before the first route, so that a catch-all
cannot take its place. Streamlit, Chainlit and Gradio have a page of their own, which is named.
An async handler that waits for the model without await keeps every other visitor and the host's
check waiting: it is named.

    +@app.get("/health")
    +async def health():
    +    return {"status": "ok"}
    +
    +
     @app.get("/")
     async def home():
"""

from __future__ import annotations

import re

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.apps import App, apps
from tools.migrate.health.blocking import note_blocking
from tools.migrate.health.django import add_to_django
from tools.migrate.health.endpoints import free_name
from tools.migrate.health.existing import ADDING, health_routes
from tools.migrate.health.own_pages import note_own_pages
from tools.migrate.health.starlette import add_to_starlette
from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import keyword

ID = "health"
ROUTE_METHODS = frozenset(
    {"get", "post", "put", "delete", "patch", "head", "options", "api_route", "route", "websocket"}
)
MOUNTING = frozenset({"mount", "include_router", "register_blueprint", *ADDING})
TEMPLATES = {
    "fastapi": (
        '@{app}.get("/health")',
        "async def {name}():",
        '{indent}return {{"status": "ok"}}',
    ),
    "flask": ('@{app}.route("/health")', "def {name}():", '{indent}return {{"status": "ok"}}'),
    "quart": (
        '@{app}.route("/health")',
        "async def {name}():",
        '{indent}return {{"status": "ok"}}',
    ),
}


def apply(project: Project, settings: Settings) -> None:
    note_own_pages(project, ID)
    add_to_django(project, ID)
    found = apps(project, ID, "starlette", *TEMPLATES)
    for app in found:
        existing = next(health_routes(project, app), None)
        if existing is None and app.entry.kind == "starlette":
            add_to_starlette(app)
        elif existing is None:
            _add(app, free_name(project, app))
        elif existing[0] == app.file.path:
            app.file.note("kept", existing[1], f"{existing[2]} answers the host's health check")
    for app in found:
        app.file.save()
    note_blocking(project, ID)


def _add(app: App, name: str) -> None:
    file = app.file
    before = _first_route(app)
    newline = file.newline_at(file.span(app.statement).start)
    indent = file.indent_at(file.span(app.statement).start)
    lines = [
        f"{indent}{line}".format(app=app.name, name=name, indent=file.module.default_indent)
        for line in TEMPLATES[app.entry.kind]
    ]
    if before is not None:
        blank = [""] * (_blank_lines(before) or (1 if indent else 2))
        above = [] if _blank_lines(before) else blank
        text = newline.join([*above, *lines, *blank, ""])
        file.edits.insert(_beginning(app, before), text)
    else:
        gap = [""] * (2 if indent else 3)
        end = file.line_end(file.span(app.statement).end)
        file.edits.insert(end, newline.join([*gap, *lines]))
    file.note("changed", app.statement, "/health answers the host's health check")
    if app.call is not None and keyword(app.call, "dependencies"):
        message = "the app's dependencies hold for /health too: see that it answers without a login"
        file.note("warning", app.statement, message)


def _first_route(app: App) -> cst.BaseStatement | None:
    """The first statement behind the app's own, in its block, that may take a path."""
    lines = app.block
    for line in lines[lines.index(app.statement) + 1 :]:
        if isinstance(line, cst.FunctionDef) and any(
            _called_on(app, decorator.decorator, ROUTE_METHODS) for decorator in line.decorators
        ):
            return line
        if isinstance(line, cst.SimpleStatementLine) and any(
            isinstance(small, cst.Expr)
            and _called_on(app, small.value, MOUNTING)
            and not _below_a_path(small.value)
            for small in line.body
        ):
            return line
        if _ends_the_search(app, line):
            return line
    return None


def _ends_the_search(app: App, line: cst.BaseStatement) -> bool:
    """Whether behind this statement the app is served, handed on, or given routes."""
    if isinstance(line, cst.SimpleStatementLine):
        return any(isinstance(small, cst.Return) for small in line.body)
    if isinstance(line, (cst.FunctionDef, cst.ClassDef)):
        return False
    return re.search(rf"\b({app.name}|__name__)\b", app.file.source(line)) is not None


def _called_on(app: App, node: cst.CSTNode, methods: frozenset[str]) -> bool:
    """Whether `node` is `app.method(…)`."""
    name = get_full_name_for_node(node.func) if isinstance(node, cst.Call) else None
    return name is not None and name in {f"{app.name}.{method}" for method in methods}


def _below_a_path(node: cst.BaseExpression) -> bool:
    """`app.mount("/static", …)` takes only what is below its path."""
    if not isinstance(node, cst.Call) or not node.args:
        return False
    function = get_full_name_for_node(node.func) or ""
    value = node.args[0].value
    path = value.evaluated_value if isinstance(value, cst.SimpleString) else ""
    return function.endswith(".mount") and isinstance(path, str) and path.strip("/") != ""


def _beginning(app: App, line: cst.BaseStatement) -> int:
    """Where a statement begins with the comments directly above it and its decorators."""
    decorators = line.decorators if isinstance(line, cst.FunctionDef) else ()
    first = _comment_above(line) or next(iter(decorators), line)
    return app.file.line_start(app.file.span(first).start)


def _comment_above(line: cst.BaseStatement) -> cst.Comment | None:
    """The first of the comments that stand directly above a statement."""
    found = None
    for empty in reversed(_leading(line)):
        if empty.comment is None:
            break
        found = empty.comment
    return found


def _blank_lines(line: cst.BaseStatement) -> int:
    """How many blank lines stand above a statement and its comments."""
    count = 0
    for empty in reversed(_leading(line)):
        if empty.comment is None:
            count += 1
        elif count:
            break
    return count


def _leading(line: cst.BaseStatement) -> list[cst.EmptyLine]:
    return list(getattr(line, "leading_lines", ()))
