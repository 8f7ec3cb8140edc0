"""Takes the session that a request names for itself instead of the cookie's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.project import Project
from tools.migrate.syntax.file import PythonFile, open_file
from tools.migrate.syntax.imports import Ours
from tools.migrate.syntax.statements import insert_after
from tools.migrate.visitors.ids import Named, may_name_sessions, named_sessions

OURS = Ours("sessions", "use_session")


def use_named_sessions(
    project: Project, rule: str, paths: list[PurePosixPath], opened: dict[PurePosixPath, PythonFile]
) -> Iterator[PythonFile]:
    """Edit the handlers in these files; yields the files that changed."""
    for path in paths:
        if path not in opened and not may_name_sessions(project.read(path)):
            continue
        file = opened.get(path) or open_file(project, path, rule)
        if file is None:
            continue
        opened[path] = file
        local = OURS.imported_as(file)
        waiting = [n for n in named_sessions(file) if not (local and _is_used(file, n, local))]
        for named in waiting:
            _use(file, named)
        if waiting:
            yield file


def _use(file: PythonFile, named: Named) -> None:
    line = f"{OURS.local_name(file)}({named.arguments})"
    if named.behind is not None:
        insert_after(file, named.behind, line)
    else:
        first = _first(named.function)
        start = file.line_start(file.span(first).start)
        file.edits.insert(
            start, file.indent_at(file.span(first).start) + line + file.newline_at(start)
        )
    message = f"the conversation is the one that {named.expression} names, not the cookie's"
    file.note("changed", named.behind or named.function, message)


def _first(function: cst.FunctionDef) -> cst.CSTNode:
    """The statement that the function begins with, behind its docstring."""
    body = list(function.body.body)
    described = function.get_docstring() is not None and len(body) > 1
    first = body[1] if described else body[0]
    decorators = getattr(first, "decorators", ())
    return decorators[0] if decorators else first


def _is_used(file: PythonFile, named: Named, local: str) -> bool:
    return f"{local}({named.arguments})" in file.source(named.function.body)
