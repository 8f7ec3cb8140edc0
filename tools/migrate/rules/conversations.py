"""Bound the number of conversations that a dictionary keeps, one for each session.

`memories[user_id] = …` is never emptied: each new visitor takes more memory, until there is none
left. The dictionary becomes a SessionDict, which keeps the 1000 sessions used last. That is done
where the code only looks entries up, sets and deletes them, and makes an entry that is missing;
else the line is reported.

    -store = {}
    +store = SessionDict()

     def get_session_history(session_id):
         if session_id not in store:
             store[session_id] = WindowHistory(k=5)
         return store[session_id]
"""

from __future__ import annotations

import ast
import re

import libcst as cst

from tools.migrate.keepers import session_dictionaries
from tools.migrate.lifetime import Place, places
from tools.migrate.memories.dictionaries import Dictionary, dictionary, kept_in, memories
from tools.migrate.memories.dictionary_uses import bounds_itself, makes_defaults, why_not
from tools.migrate.parsed import dotted
from tools.migrate.project import Project
from tools.migrate.result import Note
from tools.migrate.settings import Settings
from tools.migrate.support import require_runtime
from tools.migrate.syntax.calls import outer_span
from tools.migrate.syntax.file import PythonFile, open_file
from tools.migrate.syntax.imports import Ours, import_lines
from tools.migrate.syntax.statements import insert_import

ID = "conversations"
OURS = Ours("session_dict", "SessionDict")
CHAIN = re.compile(r"chain|agent|bot|qa|rag|conversation|memory", re.I)
COPIED = (
    "a deep copy for every session, without end: its model, its documents and its store are copied"
    " with it. Use the one chain for all sessions: its memory tells them apart where it can"
)


def apply(project: Project, settings: Settings) -> None:
    del settings
    files: dict[str, PythonFile | None] = {}
    seen: set[tuple[str, str, int]] = set()
    for memory in memories(project):
        for place, expression in kept_in(project, memory):
            path = str(place.path)
            if path not in files:
                files[path] = open_file(project, place.path, ID)
            file = files[path]
            found = dictionary(file, expression) if file else None
            if found is None or _key(found) in seen:
                continue
            seen.add(_key(found))
            _look_at(found)
    _report_copies(project)
    for file in files.values():
        if file is not None and file.edits:
            _import_ours(file)
            file.save()


def _look_at(found: Dictionary) -> None:
    """Bound the dictionary, or say that it grows."""
    file = found.file
    if found.values and all(_is_ours(file, value) for value in found.values):
        return
    line = found.values[0] if found.values else found.uses[0]
    if bounds_itself(found):
        file.note(
            "kept", line, f"{found.name} keeps a conversation for every session: bounded here"
        )
        return
    why = why_not(found)
    if why is not None:
        file.note(
            "warning", line, f"{found.name} keeps a conversation for every session, {_advice(why)}"
        )
        return
    name = OURS.local_name(file)
    for value in found.values:
        if makes_defaults(value) and isinstance(value, cst.Call):
            file.edits.replace(file.span(value.func), name)
        else:
            file.edits.replace(outer_span(file, value), f"{name}()")
    file.note(
        "changed", line, f"{found.name} keeps the 1000 sessions used last: it grew without end"
    )


def _report_copies(project: Project) -> None:
    """`chains[user_id] = copy.deepcopy(chain)`: what the chain holds is copied with it."""
    for path in sorted(project.served()):
        if b"deepcopy(" not in project.read(path):
            continue
        for place in places(project, path):
            call = place.node
            copies = isinstance(call, ast.Call) and (dotted(call.func) or "").endswith("deepcopy")
            if copies and CHAIN.search(ast.unparse(call)) and _is_kept(place):
                project.note(Note(ID, "warning", str(path), _line(project, place), COPIED))


def _is_kept(place: Place) -> bool:
    return any(True for _ in session_dictionaries(place.node, place.around))


def _line(project: Project, place: Place) -> int:
    return project.original_line(place.path, getattr(place.node, "lineno", 1))


def _advice(why: str) -> str:
    return f"without end. Left as it is: {why}. Delete the entry when its session ends"


def _is_ours(file: PythonFile, value: cst.BaseExpression) -> bool:
    local = OURS.imported_as(file)
    return isinstance(value, cst.Call) and local is not None and file.source(value.func) == local


def _key(found: Dictionary) -> tuple[str, str, int]:
    first = found.values[0] if found.values else found.uses[0]
    return str(found.file.path), found.name, found.file.span(first).start


def _import_ours(file: PythonFile) -> None:
    if OURS.imported_as(file) is None:
        insert_import(file, *import_lines(file, [OURS]))
    require_runtime(file.project, file.project.app_root(file.path), OURS.module)
