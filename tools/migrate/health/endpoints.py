"""The name of the function that answers the health check."""

from __future__ import annotations

import ast

from tools.migrate.apps import App
from tools.migrate.flows import Function
from tools.migrate.parsed import nodes, parse
from tools.migrate.project import Project
from tools.migrate.syntax.imports import names_in

NAME, OTHER = "health", "fit512_health"


def free_name(project: Project, app: App) -> str:
    """A name that the file does not use, and under which the app has no endpoint."""
    taken = NAME in names_in(app.file) or any(
        _may_be_endpoint(node)
        for path in project.graph.reached(app.entry.path)
        if (tree := parse(project.read(path)))
        for node in nodes(tree)
    )
    return OTHER if taken else NAME


def _may_be_endpoint(node: ast.AST) -> bool:
    """Flask-RESTful and its like name the endpoint after the class, in small letters."""
    if isinstance(node, Function | ast.ClassDef):
        return node.name.lower() == NAME
    if not isinstance(node, ast.Call):
        return False
    given = [*node.args, *(k.value for k in node.keywords)]
    return any(isinstance(value, ast.Constant) and value.value == NAME for value in given)
