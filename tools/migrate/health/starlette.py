"""Adds a health route to a Starlette app."""

from __future__ import annotations

from tools.migrate.apps import App
from tools.migrate.syntax.imports import import_from
from tools.migrate.syntax.statements import insert_after

IMPORTS = {"Route": "starlette.routing", "PlainTextResponse": "starlette.responses"}
ROUTE = 'Route("/health", lambda request: PlainTextResponse("ok"))'


def add_to_starlette(app: App) -> None:
    """Put the route before those that the app was made with."""
    if not import_from(app.file, IMPORTS):
        message = "no health route added: Route or PlainTextResponse means something else here"
        app.file.note("skipped", app.statement, message)
        return
    insert_after(app.file, app.statement, f"{app.name}.router.routes.insert(0, {ROUTE})")
    app.file.note("changed", app.statement, "/health answers the host's health check")
