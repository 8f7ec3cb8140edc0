"""Bound the dictionaries that keep something for every visitor; name what else grows without end.

A dictionary of sessions keeps each visitor until the next restart, a list of all messages each
message. Where every use goes on working, the dictionary forgets the sessions that were not used for
longest, and a list keeps just the items that the code looks at. All else is named, with the line
that makes it grow. LangChain's memories have a rule of their own.

    -sessions = {}
    +sessions = SessionDict()
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.growth.bounds import Bounds
from tools.migrate.growth.containers import Container, containers, walk
from tools.migrate.growth.handlers import Handlers
from tools.migrate.growth.uses import Use, uses
from tools.migrate.growth.verdict import can_forget, growth, tail
from tools.migrate.lifetime import Place, is_shared
from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.result import Kind, Note
from tools.migrate.settings import Settings

ID = "growth"
SESSION_LIST = re.compile(r"\bsession_state(?:\.|\[[\"'])(\w+)(?:[\"']\])?$")


def apply(project: Project, settings: Settings) -> None:
    handlers = Handlers(project)
    for path in sorted(project.served()):
        tree = parse(project.read(path))
        if tree is not None:
            _note_session_state(project, path, tree)
            bounds = Bounds(project, path, ID)
            for container in containers(path, tree):
                if _lives_on(project, container, handlers):
                    _look_at(project, container, handlers, bounds)
            bounds.save()


def _look_at(project: Project, container: Container, handlers: Handlers, bounds: Bounds) -> None:
    """Bound a container that grows, or name it."""
    found, complete = uses(project, container)
    grows = growth(container, found, handlers)
    if not grows:
        return
    if complete and _bound(container, found, bounds):
        _note_inner(project, container, found)
    else:
        _report(project, container, grows[0])


def _bound(container: Container, found: list[Use], bounds: Bounds) -> bool:
    if container.kind != "list":
        return can_forget(container, found) and bounds.forget(container)
    size = tail(container, found)
    return size is not None and bounds.keep_tail(container, found, size)


def _lives_on(project: Project, container: Container, handlers: Handlers) -> bool:
    """Whether it is there for as long as the process."""
    if container.owner is not None:
        return any(is_shared(project, place) for place in handlers.calls(container.owner))
    scripts = {e.path for e in project.entry_points() if e.kind == "streamlit"}
    return container.path not in scripts  # Streamlit makes it anew on each run


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
