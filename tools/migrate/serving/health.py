"""A path that answers when the app is up, without a question to the model."""

from __future__ import annotations

from tools.migrate.health.existing import EXISTING, routes
from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.serving.app import ServedApp

OWN = {"streamlit": "/_stcore/health", "chainlit": "/", "gradio": "/"}  # the framework's page


def health_of(project: Project, app: ServedApp) -> str | None:
    """The route that the code has, else the framework's own; None where there is none."""
    if app.framework in OWN:
        return OWN[app.framework]
    for path in sorted(project.graph.reached(app.path)):
        tree = parse(project.read(path)) if project.exists(path) else None
        for _, route, _ in routes(tree) if tree else ():
            if EXISTING.fullmatch(route) and not set("{<").intersection(route):
                return route
    return None
