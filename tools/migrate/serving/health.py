"""A path that answers when the app is up, without a question to the model."""

from __future__ import annotations

from tools.migrate.health.django import root_urls
from tools.migrate.health.existing import EXISTING, django_route, routes
from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.serving.app import ServedApp

OWN = {"streamlit": "/_stcore/health", "chainlit": "/", "gradio": "/"}  # the framework's page


def health_of(project: Project, app: ServedApp) -> str | None:
    """The route that the code has, else the framework's own; None where there is none."""
    if app.framework in OWN:
        return OWN[app.framework]
    if app.framework == "django":
        return _django(project, app)
    for path in sorted(project.graph.reached(app.path)):
        tree = parse(project.read(path)) if project.exists(path) else None
        for _, route, _ in routes(tree) if tree else ():
            if EXISTING.fullmatch(route) and not set("{<").intersection(route):
                return route
    return None


def _django(project: Project, app: ServedApp) -> str | None:
    """A route of the root URLs: what they include stands below a prefix."""
    for path in root_urls(project):
        tree = parse(project.read(path)) if path.is_relative_to(app.folder) else None
        found = django_route(tree) if tree else None
        if found and "<" not in found[1]:
            return found[1]
    return None
