"""Finds the routes that answer a health check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.apps import App
from tools.migrate.parsed import dotted, nodes, parse
from tools.migrate.project import Project

EXISTING = re.compile(r"/(?:.*/)?(?:_?health(?:z|[-_]?check)?|livez|readyz|alive|ping|up|status)/?")
ADDING = frozenset({"add_api_route", "add_url_rule", "add_route", "add_resource", "add_view"})
READING = frozenset({"get", "head", "api_route", "route", *ADDING})
DJANGO = frozenset({"path", "re_path", "url"})


def health_routes(project: Project, app: App) -> Iterator[tuple[PurePosixPath, int, str]]:
    """(file, line, path) of the app's routes that answer a health check."""
    for path in sorted(project.graph.reached(app.entry.path)):
        tree = parse(project.read(path))
        others = {e.name for e in project.entry_points() if e.path == path} - {app.name}
        for line, route, owner in routes(tree) if tree else ():
            plain = EXISTING.fullmatch(route) and not set("{<").intersection(route)
            if plain and owner not in others:
                yield path, line, route


def django_route(tree: ast.Module) -> tuple[int, str] | None:
    """(line, path) of the first such route in a urls.py."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (dotted(node.func) or "").split(".")[-1] in DJANGO:
            first = (
                node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
            )
            route = f"/{str(first).strip('^$')}"
            if EXISTING.fullmatch(route):
                return node.lineno, route
    return None


def routes(tree: ast.Module) -> Iterator[tuple[int, str, str | None]]:
    """(line, path, what it is added to) of the GET and HEAD routes, by decorator or call."""
    for node in nodes(tree):
        calls: list[ast.expr] = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            calls = node.decorator_list
        elif isinstance(node, ast.Call) and _adds(node):
            calls = [node]
        for call in calls:
            if isinstance(call, ast.Call) and _is_read(call):
                for value in _paths(call):
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        owner = call.func.value if isinstance(call.func, ast.Attribute) else call
                        yield call.lineno, value.value, dotted(owner)


def _paths(call: ast.Call) -> list[ast.expr]:
    """Where the path stands: Flask-RESTful's `add_resource(Health, "/health", …)` takes several."""
    behind_class = getattr(call.func, "attr", None) == "add_resource"
    given = call.args[1:] if behind_class else call.args[:1]
    return [*given, *(k.value for k in call.keywords if k.arg in ("path", "rule"))]


def _adds(call: ast.Call) -> bool:
    return getattr(call.func, "attr", None) in ADDING or _is_route(call)


def _is_route(call: ast.Call) -> bool:
    """Starlette's `Route("/health", …)`."""
    return (dotted(call.func) or "").split(".")[-1] == "Route"


def _is_read(call: ast.Call) -> bool:
    """Whether the route answers GET or HEAD, as a host asks."""
    methods = next((k.value for k in call.keywords if k.arg == "methods"), None)
    if methods is not None:
        found = {n.value for n in ast.walk(methods) if isinstance(n, ast.Constant)}
        return not found.isdisjoint({"GET", "HEAD", "get", "head"})
    by_method = isinstance(call.func, ast.Attribute) and call.func.attr in READING
    return by_method or _is_route(call)
