"""How a server gets at an app object: a variable, a factory, or only by running the file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.entrypoints import EntryPoint, is_test
from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.serving.app import Made, ServedApp

FIRST = ("app", "main", "server", "wsgi", "asgi")  # what the file of an app is called
Function = ast.FunctionDef | ast.AsyncFunctionDef


def app_of(project: Project, entry: EntryPoint) -> ServedApp:
    """The app that an entry point with an app object begins."""
    if entry.function is None:
        below_main = _is_below_main(_tree(project, entry.path), entry.line)
        made: Made = "module" if entry.name and not below_main else "main"
        return _app(project, entry, entry.path, entry.line, made, entry.name)
    called = sorted(_calls_of(project, entry), key=_likelihood)
    function = _factory(_tree(project, entry.path), entry.function)
    if called and (called[0][3] == "module" or function is None):
        path, line, name, made = called[0]
        return _app(project, entry, path, line, made, name)
    if function is not None:
        return _app(project, entry, entry.path, entry.line, "factory", entry.function)
    return _app(project, entry, entry.path, entry.line, "main", None)


def _likelihood(found: tuple[PurePosixPath, int, str, Made]) -> tuple[bool, bool, int, str, int]:
    path, line, _, made = found
    return made == "main", path.stem not in FIRST, len(path.parts), str(path), line


def is_main_guard(node: ast.stmt) -> bool:
    """Whether it is `if __name__ == "__main__":`."""
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


def _app(
    project: Project,
    entry: EntryPoint,
    path: PurePosixPath,
    line: int,
    made: Made,
    name: str | None,
) -> ServedApp:
    named = name if made in ("module", "factory") else None
    return ServedApp(entry.kind, path, line, made, named, project.app_root(path))


def _tree(project: Project, path: PurePosixPath) -> ast.Module:
    return parse(project.original(path) or b"") or ast.Module([], [])


def _is_below_main(tree: ast.Module, line: int) -> bool:
    return any(
        is_main_guard(node) and node.lineno <= line <= (node.end_lineno or line)
        for node in tree.body
    )


def _factory(tree: ast.Module, name: str) -> Function | None:
    """The function of that name at the top level, if it can be called without arguments."""
    for node in tree.body:
        if isinstance(node, Function) and node.name == name:
            takes = node.args
            needed = len(takes.posonlyargs) + len(takes.args) - len(takes.defaults)
            keywords = any(default is None for default in takes.kw_defaults)
            returns = any(isinstance(n, ast.Return) and n.value for n in ast.walk(node))
            return None if needed or keywords or not returns else node
    return None


def _calls_of(
    project: Project, entry: EntryPoint
) -> Iterator[tuple[PurePosixPath, int, str, Made]]:
    """(file, line, variable, how) of each `variable = factory(…)` outside of functions."""
    for path in (entry.path, *sorted(project.graph.importers.get(entry.path, ()))):
        if is_test(path):
            continue
        for statement, made in _top_level(_tree(project, path)):
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
                function = statement.value.func
                called = getattr(function, "attr", getattr(function, "id", None))
                target = statement.targets[0]
                if called == entry.function and isinstance(target, ast.Name):
                    yield path, statement.lineno, target.id, made


def _top_level(tree: ast.Module) -> Iterator[tuple[ast.stmt, Made]]:
    for node in tree.body:
        if isinstance(node, ast.If):
            made: Made = "main" if is_main_guard(node) else "module"
            yield from ((inner, made) for inner in node.body)
        else:
            yield node, "module"
