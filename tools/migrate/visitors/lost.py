"""Threads that are started by hand while a request is answered: they have no session."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.flows import Function
from tools.migrate.lifetime import ONCE, Place, called_name, callers, is_shared, places, unit_of
from tools.migrate.parsed import dotted, imported_names, parse, qualified
from tools.migrate.project import Project
from tools.migrate.result import Note
from tools.migrate.visitors.pools import pools_of

_THREADS = frozenset({"threading.Thread", "threading.Timer"})
_POOL = re.compile("pool|executor", re.I)  # one that comes from another file
_HANDING = frozenset({"submit", "map", "apply_async"})
_WORDS = re.compile(rb"\b(?:Thread|Timer|submit|map|apply_async)\(")
_LOST = "a thread that is started so has no session: what is said there is not remembered. "
_AS_THREAD = "Give it target=contextvars.copy_context().run and args=(function, …)"
_IN_POOL = "Use pool.submit(contextvars.copy_context().run, function, …) for each call"


def report_threads(project: Project, rule: str, paths: list[PurePosixPath]) -> None:
    """Warn where the code in these files starts a thread for a request."""
    for path in paths:
        tree = parse(project.read(path)) if _WORDS.search(project.read(path)) else None
        for place, advice in _started(project, path, tree) if tree else ():
            if not _runs_once(project, place):
                line = project.original_line(path, getattr(place.node, "lineno", 1))
                project.note(Note(rule, "warning", str(path), line, _LOST + advice))


def _started(
    project: Project, path: PurePosixPath, tree: ast.Module
) -> Iterator[tuple[Place, str]]:
    """Where work is handed to a thread, and how it would keep its session."""
    names = imported_names(tree)
    pools = set(pools_of(tree, names))
    copies = b"copy_context" in project.read(path)
    for place in places(project, path):
        call = place.node
        if not isinstance(call, ast.Call) or (copies and _is_run_in_context(call)):
            continue
        if qualified(call.func, names) in _THREADS:
            yield place, _AS_THREAD
        elif isinstance(call.func, ast.Attribute) and call.func.attr in _HANDING:
            pool = dotted(call.func.value) or ""
            if pool in pools or _POOL.search(pool.rpartition(".")[2]):
                yield place, _IN_POOL


def _is_run_in_context(call: ast.Call) -> bool:
    """`submit(copy_context().run, …)`, `Thread(target=context.run, …)`"""
    given = [*call.args, *(k.value for k in call.keywords)]
    return any(isinstance(value, ast.Attribute) and value.attr == "run" for value in given)


def _runs_once(project: Project, place: Place) -> bool:
    """At import or start-up, where there is no session to lose."""
    inner = next((n for n in place.around if isinstance(n, Function)), None)
    if inner is None or any(called_name(d) in ONCE for d in inner.decorator_list):
        return True
    unit = unit_of(place)
    if unit is None or (isinstance(unit, ast.ClassDef) and inner.name != "__init__"):
        return False
    calling = list(callers(project, place.path, unit.name))
    return bool(calling) and all(is_shared(project, caller) for caller in calling)
