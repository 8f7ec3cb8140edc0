"""Work that is handed to a thread loses its session, unless it runs in a copy of the context."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.parsed import imported_names, parse
from tools.migrate.project import Project
from tools.migrate.syntax.calls import drop_items
from tools.migrate.syntax.exports import bindings
from tools.migrate.syntax.file import PythonFile, open_file
from tools.migrate.syntax.imports import names_in
from tools.migrate.syntax.statements import insert_import
from tools.migrate.visitors.pools import pools_of

_LOST = (
    "a thread that is started so has no session: what is said there is not remembered. Hand the"
    " work to asyncio.to_thread, or to contextvars.copy_context().run"
)
_KEPT = "the thread keeps the session of the request that started it"
_IN_CONTEXT = "contextvars.copy_context().run"


def keep_sessions(
    project: Project, rule: str, paths: list[PurePosixPath], opened: dict[PurePosixPath, PythonFile]
) -> Iterator[PythonFile]:
    """Edit `await loop.run_in_executor(pool, f, x)` in these files; yields those that changed."""
    for path in paths:
        if b"run_in_executor(" not in project.read(path):
            continue
        file = opened.get(path) or open_file(project, path, rule)
        if file is None:
            continue
        opened[path] = file
        _keep_all(file, [call for call in file.nodes(cst.Call) if _hands_over(file, call)])
        if file.edits:
            yield file


def _hands_over(file: PythonFile, call: cst.Call) -> bool:
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "run_in_executor":
        return False
    return not any(file.source(argument.value) == _IN_CONTEXT for argument in call.args[1:2])


def _keep_all(file: PythonFile, calls: list[cst.Call]) -> None:
    tree = parse(file.project.read(file.path))
    names = imported_names(tree) if tree else {}
    pools = set(pools_of(tree, names)) if tree and _may_use_contextvars(file) else set()
    imported = "contextvars" in names
    for call in calls:
        first = file.source(call.args[0].value) if call.args else ""
        if not _is_plain(file, call):
            file.note("warning", call, _LOST)
        elif first == "None" and names.get("asyncio") == "asyncio":
            # It uses the loop's own executor as well, but in a copy of the context.
            file.edits.replace(file.span(call.func), "asyncio.to_thread")
            drop_items(file, call.args, call.args[:1])
            file.note("changed", call, _KEPT)
        elif first in pools:
            if not imported:
                insert_import(file, "import contextvars")
                imported = True
            file.edits.insert(file.span(call.args[1]).start, f"{_IN_CONTEXT}, ")
            file.note("changed", call, _KEPT)
        else:
            file.note("warning", call, _LOST)


def _is_plain(file: PythonFile, call: cst.Call) -> bool:
    """Awaited at once, with arguments that can be seen."""
    seen = not any(argument.keyword or argument.star for argument in call.args[:2])
    return len(call.args) > 1 and seen and isinstance(file.parent(call), cst.Await)


def _may_use_contextvars(file: PythonFile) -> bool:
    """Whether the name is free or the module's; a pool of processes cannot take a context."""
    if b"ProcessPool" in file.project.read(file.path):
        return False
    tree = parse(file.project.read(file.path))
    found = bindings(tree).get("contextvars") if tree else None
    return found == [(0, "contextvars")] if found else "contextvars" not in names_in(file)
