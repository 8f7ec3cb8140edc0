"""Adds a health route to the URLs of a Django project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.health.existing import django_route
from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.result import Note
from tools.migrate.syntax.edits import Span
from tools.migrate.syntax.file import PythonFile, open_file
from tools.migrate.syntax.imports import import_from

ROUTE = 'path("health", lambda request: HttpResponse("ok"))'
IMPORTS = {"path": "django.urls", "HttpResponse": "django.http"}


def add_to_django(project: Project, rule: str) -> None:
    """Put the route before all others of each project's root URLs."""
    if not any(entry.kind == "django" for entry in project.entry_points()):
        return
    for path in project.python():
        tree = parse(project.read(path))
        found = django_route(tree) if tree and path.name == "urls.py" else None
        if found:
            message = f"{found[1]} answers the host's health check"
            project.note(Note(rule, "kept", str(path), found[0], message))
            return
    for path in sorted(set(root_urls(project))):
        file = open_file(project, path, rule)
        if file is not None:
            _add(file)
            file.save()


def root_urls(project: Project) -> Iterator[PurePosixPath]:
    """The modules that the settings name as ROOT_URLCONF."""
    for path in sorted(project.served()):
        tree = parse(project.read(path)) if b"ROOT_URLCONF" in project.read(path) else None
        for node in tree.body if tree else ():
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROOT_URLCONF":
                name = node.value.value if isinstance(node.value, ast.Constant) else None
                place = project.graph.resolve(path, 0, name) if isinstance(name, str) else None
                if place:
                    yield place[0]


def _add(file: PythonFile) -> None:
    routes = _urlpatterns(file)
    if routes is None or not import_from(file, IMPORTS):
        why = "urlpatterns is no list here" if routes is None else "path or HttpResponse is taken"
        file.note(
            "skipped", routes, f"no health route added: {why}. Give the host a light page of yours"
        )
        return
    opening = file.span(routes).start + 1
    newline = file.newline_at(opening)
    rest = file.slice(Span(opening, file.line_end(opening)))
    if not rest.partition("#")[0].strip():
        indent = file.indent_at(file.span(routes.elements[0]).start) if routes.elements else "    "
        file.edits.insert(file.line_end(opening), f"{newline}{indent}{ROUTE},")
    else:
        file.edits.insert(opening, f"{ROUTE}, ")
    file.note("changed", routes, "/health answers the host's health check")


def _urlpatterns(file: PythonFile) -> cst.List | None:
    """The list that the module's top level gives to urlpatterns."""
    for line in file.module.body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if (
                isinstance(small, cst.Assign)
                and file.source(small.targets[0].target) == "urlpatterns"
                and isinstance(small.value, cst.List)
            ):
                return small.value
    return None
