"""Work that is handed to a thread loses its session, unless asyncio.to_thread hands it on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.parsed import imported_names, parse
from tools.migrate.project import Project
from tools.migrate.syntax.calls import drop_items
from tools.migrate.syntax.file import PythonFile, open_file

_LOST = (
    "a thread that is started so has no session: what is said there is not remembered. Hand the"
    " work to asyncio.to_thread, or to contextvars.copy_context().run"
)


def keep_sessions(
    project: Project, rule: str, paths: list[PurePosixPath], opened: dict[PurePosixPath, PythonFile]
) -> Iterator[PythonFile]:
    """Edit `await loop.run_in_executor(None, f, x)` in these files; yields those that changed."""
    for path in paths:
        if b"run_in_executor(" not in project.read(path):
            continue
        file = opened.get(path) or open_file(project, path, rule)
        if file is None:
            continue
        opened[path] = file
        calls = [call for call in file.nodes(cst.Call) if _hands_over(call)]
        for call in calls:
            _keep(file, call)
        if file.edits:
            yield file


def _hands_over(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "run_in_executor"


def _keep(file: PythonFile, call: cst.Call) -> None:
    """to_thread uses the loop's own executor as well, but in a copy of the context."""
    if not _has_asyncio(file) or not _is_plain(file, call):
        file.note("warning", call, _LOST)
        return
    file.edits.replace(file.span(call.func), "asyncio.to_thread")
    drop_items(file, call.args, call.args[:1])
    file.note("changed", call, "the thread keeps the session of the request that started it")


def _is_plain(file: PythonFile, call: cst.Call) -> bool:
    """Awaited at once, in the loop's own executor, with arguments that can be seen."""
    first = call.args[0].value if len(call.args) > 1 else None
    own = isinstance(first, cst.Name) and first.value == "None"
    seen = not any(argument.keyword or argument.star for argument in call.args[:2])
    return own and seen and isinstance(file.parent(call), cst.Await)


def _has_asyncio(file: PythonFile) -> bool:
    tree = parse(file.project.read(file.path))
    return tree is not None and imported_names(tree).get("asyncio") == "asyncio"
