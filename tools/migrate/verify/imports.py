"""The import statements that an app needs to work, as statements to try in its environment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.serving.app import ServedApp

CONDITION = re.compile(r"TYPE_CHECKING|platform|os\.name|version_info")
CATCHING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
DJANGO_SETTINGS = "DJANGO_SETTINGS_MODULE"


def statements(project: Project, app: ServedApp) -> list[tuple[str, str]]:
    """(file:line, statement): what Django needs first, every import, the app's own module."""
    found = []
    if app.framework == "django":
        settings = settings_module(project, app)
        found.append(
            (str(app.path), f"import os; os.environ.setdefault({DJANGO_SETTINGS!r}, {settings!r})")
        )
        found.append((str(app.path), "import django; django.setup()"))
    for path in sorted(project.graph.reached(app.path) | _django_code(project, app)):
        tree = parse(project.read(path))
        for line, statement in _imports(project, path, tree.body) if tree else ():
            found.append((f"{path}:{line}", statement))
    if is_importable(project, app):
        found.append((str(app.path), f"import {app.module}"))
    return list(dict.fromkeys(found))


def settings_module(project: Project, app: ServedApp) -> str:
    """What DJANGO_SETTINGS_MODULE is set to, in the app's file or in manage.py."""
    for path in (app.path, app.folder / "manage.py"):
        tree = parse(project.read(path)) if project.exists(path) else None
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, (ast.Call, ast.Assign)):
                texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
                if DJANGO_SETTINGS in texts:
                    return str(texts[-1])
    return "settings"


def is_importable(project: Project, app: ServedApp) -> bool:
    """Whether importing the app's file begins nothing that does not end."""
    if app.framework in ("streamlit", "gradio") or not app.module.replace(".", "").isidentifier():
        return False
    if app.made != "script" or app.framework == "chainlit":
        return app.made != "main"
    tree = parse(project.read(app.path)) or ast.Module([], [])
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return not any(
        isinstance(inner, (ast.While, ast.Call)) and _begins(inner)
        for node in tree.body
        if not isinstance(node, (*kept, ast.If))
        for inner in ast.walk(node)
    )


def _begins(node: ast.While | ast.Call) -> bool:
    """Whether it is a loop, or a call such as `app.run_polling()` or `main()`."""
    if isinstance(node, ast.While):
        return True
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return called in ("main", "run", "start") or "poll" in called or called == "run_webhook"


def _django_code(project: Project, app: ServedApp) -> frozenset[PurePosixPath]:
    """Django imports its apps by strings; migrations and manage.py run by themselves."""
    if app.framework != "django":
        return frozenset()
    return frozenset(
        path
        for path in project.served()
        if path.is_relative_to(app.folder)
        and "migrations" not in path.parts
        and path.name != "manage.py"
    )


def _imports(
    project: Project, path: PurePosixPath, body: list[ast.stmt]
) -> Iterator[tuple[int, str]]:
    """(line, statement) of imports from outside the repository that nothing guards."""
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if project.graph.resolve(path, 0, alias.name) is None:
                    yield node.lineno, f"import {alias.name}"
        elif isinstance(node, ast.ImportFrom):
            if not node.level and project.graph.resolve(path, 0, node.module or "") is None:
                names = ", ".join(alias.name for alias in node.names)
                yield node.lineno, f"from {node.module} import {names}"
        elif not _is_guarded(node):
            for name in ("body", "orelse", "finalbody"):
                yield from _imports(project, path, getattr(node, name, []))


def _is_guarded(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        return CONDITION.search(ast.unparse(node.test)) is not None
    if isinstance(node, ast.Try):
        caught = {
            name.id
            for handler in node.handlers
            for name in (ast.walk(handler.type) if handler.type else ())
            if isinstance(name, ast.Name)
        }
        return any(h.type is None for h in node.handlers) or bool(caught & CATCHING)
    return False
