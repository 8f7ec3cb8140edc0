"""What a Django project still needs of its owner on a host."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.serving.app import ServedApp
from tools.migrate.verify.imports import settings_module

TABLES = frozenset(f"django.contrib.{app}" for app in ("admin", "auth", "contenttypes", "sessions"))
MIGRATE = b"manage.py migrate"
LAUNCHING = frozenset({".sh", ".yml", ".yaml", ".toml"})
LAUNCH_FILES = ("Procfile", "Dockerfile", "railway.json")


def of_django(project: Project, apps: Sequence[ServedApp]) -> Iterator[str]:
    for app in apps:
        if app.framework == "django":
            found = project.graph.resolve(app.path, 0, settings_module(project, app))
            tree = parse(project.read(found[0])) if found else None
            if found and tree:
                yield from _hosts(found[0], tree)
                yield from _tables(project, app, tree)


def _hosts(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """Without a host's name, Django answers 400 there; what other settings may set is left."""
    uses = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == "ALLOWED_HOSTS"]
    value = _setting(tree, "ALLOWED_HOSTS")
    empty = isinstance(value, (ast.List, ast.Tuple)) and not value.elts
    if (empty and len(uses) == 1) or (not uses and not _inherits(tree)):
        place = f"{path}:{uses[0].lineno}" if uses else path
        yield f"Set ALLOWED_HOSTS to the host's name in {place}: Django refuses all others."


def _tables(project: Project, app: ServedApp, tree: ast.Module) -> Iterator[str]:
    database, installed = _setting(tree, "DATABASES"), _setting(tree, "INSTALLED_APPS")
    if not isinstance(database, ast.Dict) or not database.keys or installed is None:
        return
    names = {node.value for node in ast.walk(installed) if isinstance(node, ast.Constant)}
    own = any(
        path.parent.name == "migrations" and path.is_relative_to(app.folder)
        for path in project.python()
    )
    if (own or names & TABLES) and not _migrates(project):
        yield "Run `python manage.py migrate` at deploy: the tables are not in the repository."


def _migrates(project: Project) -> bool:
    """Whether a launch file does it already."""
    return any(
        MIGRATE in project.read(path)
        for path in project.paths()
        if path.suffix in LAUNCHING or path.name.startswith(LAUNCH_FILES)
    )


def _setting(tree: ast.Module, name: str) -> ast.expr | None:
    """What the module's top level gives to it first."""
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return node.value
    return None


def _inherits(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        for node in ast.walk(tree)
    )
