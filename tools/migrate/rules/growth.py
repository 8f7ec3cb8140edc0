"""Bound the dictionaries that keep something for every visitor; name what else grows without end.

A dictionary of sessions keeps each visitor until the next restart, a list of all messages each
message. Where every use goes on working, the dictionary forgets the sessions that were not used for
longest, and a list keeps just the items that the code looks at. All else is named, with the line
that makes it grow. LangChain's memories have a rule of their own.

    -sessions = {}
    +sessions = RecentDict(most=1000)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.growth.containers import Container, containers, walk
from tools.migrate.growth.handlers import Handlers
from tools.migrate.growth.uses import Use, uses
from tools.migrate.growth.verdict import can_forget, growth, tail
from tools.migrate.lifetime import Place, is_shared
from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.result import Kind, Note
from tools.migrate.settings import Settings
from tools.migrate.support import require_runtime
from tools.migrate.syntax.calls import outer_span
from tools.migrate.syntax.file import PythonFile, open_file
from tools.migrate.syntax.imports import Ours, import_lines
from tools.migrate.syntax.statements import insert_after, insert_import

ID = "growth"
OURS = Ours("recent_dict", "RecentDict")
MOST = 1000  # sessions: more than use an app of 512 MiB at a time
SESSION_LIST = re.compile(r"\bsession_state(?:\.|\[[\"'])(\w+)(?:[\"']\])?$")


def apply(project: Project, settings: Settings) -> None:
    handlers = Handlers(project)
    for path in sorted(project.served()):
        tree = parse(project.read(path))
        if tree is not None:
            _note_session_state(project, path, tree)
            file = None
            for container in containers(path, tree):
                file = _look_at(project, container, handlers, file)
            if file is not None:
                file.save()


def _look_at(
    project: Project, container: Container, handlers: Handlers, file: PythonFile | None
) -> PythonFile | None:
    """Bound or report one container; returns the file when it was opened for that."""
    found, complete = uses(project, container)
    grows = growth(container, found, handlers) if _lives_on(project, container, handlers) else []
    if not grows:
        return file
    size = tail(container, found) if container.kind == "list" else None
    if complete and (size or (container.kind != "list" and can_forget(container, found))):
        file = file or open_file(project, container.path, ID)
        if file and (
            _keep_tail(file, container, found, size) if size else _forget(file, container)
        ):
            _note_inner(project, container, found)
            return file
    _report(project, container, grows[0])
    return file


def _lives_on(project: Project, container: Container, handlers: Handlers) -> bool:
    """Whether it is there for as long as the process."""
    if container.owner is not None:
        return any(is_shared(project, place) for place in handlers.calls(container.owner))
    scripts = {e.path for e in project.entry_points() if e.kind == "streamlit"}
    return container.path not in scripts  # Streamlit makes it anew on each run


def _forget(file: PythonFile, container: Container) -> bool:
    value = _value(file, container)
    if value is None:
        return False
    default = f", default={container.factory}" if container.factory else ""
    file.edits.replace(outer_span(file, value), f"{OURS.local_name(file)}(most={MOST}{default})")
    if OURS.imported_as(file) is None and not _imports_ours(file):
        insert_import(file, *import_lines(file, [OURS]))
    require_runtime(file.project, file.project.app_root(file.path), OURS.module)
    message = f"{container.name} keeps the {MOST} keys used last: it kept all until a restart"
    file.note("changed", value, message)
    return True


def _imports_ours(file: PythonFile) -> bool:
    """Whether an edit of this run brings the import already."""
    return OURS.module.encode() in file.edits.apply(file.utf8)


def _keep_tail(file: PythonFile, container: Container, found: list[Use], size: int) -> bool:
    """Shorten a list behind each append to what is looked at; True when all could be."""
    appends = [use for use in found if use.does == "append"]
    lines = {file.line(line): line for line in file.nodes(cst.SimpleStatementLine)}
    places = [lines.get(_statement_line(use)) for use in appends if use.path == file.path]
    if len(places) < len(appends) or None in places:
        return False
    for line in places:
        if line is not None:
            insert_after(file, line, f"del {container.name}[:-{size}]")
            file.note(
                "changed", line, f"{container.name} keeps its last {size} items, which are read"
            )
    return True


def _statement_line(use: Use) -> int:
    """The line of the statement that the use is alone in; 0 when it is part of another one."""
    statement = use.place.around[2] if len(use.place.around) > 2 else None
    return statement.lineno if isinstance(statement, ast.Expr) else 0


def _value(file: PythonFile, container: Container) -> cst.BaseExpression | None:
    for line in file.module.body:
        if isinstance(line, cst.SimpleStatementLine) and file.line(line) == container.line:
            for small in line.body:
                if isinstance(small, (cst.Assign, cst.AnnAssign)):
                    return small.value
    return None


def _note_inner(project: Project, container: Container, found: list[Use]) -> None:
    """The list of one session goes on growing while it lasts."""
    if any(use.does == "set" and _is_slice(use) for use in found):
        return
    for use in found:
        outer = use.place.around[1] if len(use.place.around) > 1 else None
        if use.does in ("read", "setdefault") and getattr(outer, "attr", None) == "append":
            message = (
                f"each list in {container.name} grows while its session lasts: shorten it here"
            )
            message += f" with `del {container.name}[{use.key}][:-10]`"
            _note(project, "warning", use, message)
            return


def _is_slice(use: Use) -> bool:
    """`histories[key] = histories[key][-10:]`"""
    statement = next((node for node in use.place.around if isinstance(node, ast.stmt)), None)
    return isinstance(statement, ast.Assign) and any(
        isinstance(node, ast.Slice) for node in ast.walk(statement.value)
    )


def _report(project: Project, container: Container, use: Use) -> None:
    made = f"{container.name} of {container.path}:{project.original_line(container.path, container.line)}"
    if container.kind == "list":
        what = "one item for each request, and is the same list for all visitors"
        help_ = f"keep one for each session, and the last items only: `del {container.name}[:-10]`"
    else:
        what = f"one entry for each {use.key}"
        help_ = "keep it in a database, or forget the entries that were not used for long"
    _note(
        project, "warning", use, f"{made} grows without end: {what}. {help_[0].upper()}{help_[1:]}"
    )


def _note_session_state(project: Project, path: PurePosixPath, tree: ast.Module) -> None:
    """Streamlit's own sessions end with their visitor: milder."""
    said = set()
    for place, name in _session_lists(path, tree):
        if name not in said:
            said.add(name)
            message = (
                f"st.session_state's {name} grows with its conversation, and ends with the session"
            )
            _note(project, "kept", Use(place, "append"), message)


def _session_lists(path: PurePosixPath, tree: ast.Module) -> Iterator[tuple[Place, str]]:
    for place in walk(path, tree):
        node = place.node
        if isinstance(node, ast.Attribute) and node.attr in ("append", "extend"):
            found = SESSION_LIST.search(ast.unparse(node.value))
            if found:
                yield place, found[1]


def _note(project: Project, kind: Kind, use: Use, message: str) -> None:
    line = project.original_line(use.path, use.line)
    project.note(Note(ID, kind, str(use.path), line, message))
