"""Apps that are a file: Streamlit, Chainlit, Gradio, bots, loops that ask on a terminal."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import PurePosixPath

from tools.migrate.entrypoints import EntryPoint, started_in
from tools.migrate.parsed import imported_names, parse, qualified
from tools.migrate.project import Project
from tools.migrate.serving.app import ServedApp

SCRIPTS = frozenset({"streamlit", "chainlit", "gradio", "telegram", "bot", "cli"})
DECLARING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def script_apps(project: Project) -> list[ServedApp]:
    """One app for each file that is started; what such a file imports is a part of it."""
    found = []
    for kind in sorted(SCRIPTS):
        entries = [entry for entry in project.entry_points() if entry.kind == kind]
        starts = {entry.path: entry.line for entry in entries if _is_app(project, entry)}
        starts |= {e.path: e.line for entry in entries for e in _starters(project, entry)}
        for path in _not_part_of_another(project, starts):
            folder = project.app_root(path)
            found.append(ServedApp(kind, path, starts[path], "script", None, folder))
    return found


def _not_part_of_another(project: Project, paths: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    candidates = sorted(paths)
    parts = {
        inner
        for path in candidates
        for inner in project.graph.reached(path) - {path}
        if path not in project.graph.reached(inner)
    }
    return [path for path in candidates if path not in parts and not _is_page(path, candidates)]


def _is_page(path: PurePosixPath, candidates: list[PurePosixPath]) -> bool:
    """A further page of Streamlit: `pages/x.py` beside the script."""
    beside = path.parent.parent
    return path.parent.name == "pages" and any(other.parent == beside for other in candidates)


def _starters(project: Project, entry: EntryPoint) -> list[EntryPoint]:
    """The files that start what this one makes."""
    importers = project.graph.importers.get(entry.path, frozenset())
    trees = ((path, parse(project.original(path) or b"")) for path in importers)
    found = (started_in(path, tree, entry.kind) for path, tree in trees if tree)
    return [start for start in found if start is not None]


def _is_app(project: Project, entry: EntryPoint) -> bool:
    """Whether the file itself can be started, and is not a module of widgets alone."""
    tree = parse(project.original(entry.path) or b"")
    if tree is None:
        return False
    if entry.kind == "streamlit":
        return any(not _declares(node) for node in tree.body)
    if entry.kind == "chainlit":
        return _has_handlers(tree)
    if entry.kind in ("bot", "gradio", "telegram"):
        return started_in(entry.path, tree, entry.kind) is not None
    return True


def _declares(node: ast.stmt) -> bool:
    constant = isinstance(node, (ast.Assign, ast.Expr)) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, DECLARING)


def _has_handlers(tree: ast.Module) -> bool:
    """Whether a function is registered by a decorator of Chainlit."""
    names = imported_names(tree)
    decorators = (d for node in ast.walk(tree) for d in getattr(node, "decorator_list", []))
    plain = (d.func if isinstance(d, ast.Call) else d for d in decorators)
    return any((qualified(d, names) or "").startswith("chainlit.on_") for d in plain)
