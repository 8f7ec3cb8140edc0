"""Give each visitor a conversation of their own, where all of them share one memory object.

A memory made once (at import, at start-up, in a cached function, for a singleton) is the same for
every visitor: one reads what the other wrote. With the middleware the window keeps the visitors
apart, by a cookie or the header X-Session-Id: FastAPI, Starlette, Flask, Quart and Django, websockets
too. A Telegram bot keeps its chats apart. Chainlit, Gradio, Streamlit and Flask-SocketIO have
sessions of their own, which the window asks for. For other frameworks it is reported. A request
that names its session (`session_id` among its parameters, in its model or JSON) has that one, and
what is handed to a thread by `await loop.run_in_executor(…)` takes its session along. Other
threads that are started for a request (`pool.submit`, `Thread`) have none: they are reported, as are
routes that touch the memory without an id (`/reset`) beside those that name a session.

     app = FastAPI()
    +app.add_middleware(SessionMiddleware)

     @app.post("/chat")
     def chat(request: ChatRequest):
    +    use_session(request.session_id)

     bot = telebot.TeleBot(TOKEN)
    +separate_chats(bot)
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tools.migrate.lifetime import Place, is_shared
from tools.migrate.memories.made import made
from tools.migrate.per_key import is_kept_per_key
from tools.migrate.project import RUNTIME, Project
from tools.migrate.result import Note
from tools.migrate.settings import Settings
from tools.migrate.support import require_runtime
from tools.migrate.syntax.calls import add_argument, keyword
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.find import calls_of
from tools.migrate.syntax.imports import Ours, import_lines
from tools.migrate.syntax.statements import insert_after, insert_import
from tools.migrate.visitors.doors import CHATS, Door, doors
from tools.migrate.visitors.lost import report_threads
from tools.migrate.visitors.name_sessions import OURS as NAMED
from tools.migrate.visitors.name_sessions import use_named_sessions
from tools.migrate.visitors.reach import reaching
from tools.migrate.visitors.threads import keep_sessions
from tools.migrate.visitors.unnamed import report_unnamed

ID = "sessions"
WINDOWS = {
    f"{RUNTIME}.window_memory.WindowMemory": "WindowMemory",
    f"{RUNTIME}.session_history.SessionHistory": "SessionHistory",
    f"{RUNTIME}.session_history.WindowHistory": "WindowHistory",
}
# Frameworks whose sessions the window asks for by itself (runtime/framework_sessions.py).
OWN_SESSIONS = {"chainlit": "Chainlit", "gradio": "Gradio", "streamlit": "Streamlit"}
SHARED = "one memory for all visitors: they read each other's conversations"


@dataclass
class _Separated:
    """The doors that were opened, and the files of the memories behind them and behind others."""

    opened: list[Door] = field(default_factory=list)
    web: set[PurePosixPath] = field(default_factory=set)
    every: set[PurePosixPath] = field(default_factory=set)


def apply(project: Project, settings: Settings) -> None:
    _keep_keyed(project)
    shared = [place for place in _memories(project) if is_shared(project, place)]
    found = doors(project, ID) if shared else []
    separated = _Separated()
    for place in shared:
        _separate(project, place, found, separated)
    opened = separated.opened
    needed = {door.file: [d.ours for d in opened if d.file is door.file] for door in opened}
    files = {door.file.path: door.file for door in found}
    routed = reaching(project, separated.web)
    for file in use_named_sessions(project, ID, routed, files):
        needed.setdefault(file, []).append(NAMED)
    report_unnamed([files[path] for path in routed if path in files])
    around = reaching(project, separated.every)
    for file in keep_sessions(project, ID, around, files):
        needed.setdefault(file, [])
    report_threads(project, ID, around)
    for file, ours in needed.items():
        _import(file, ours)
        file.save()


def _separate(project: Project, place: Place, found: list[Door], separated: _Separated) -> None:
    """Open the doors that lead to a shared memory, or say that there are none."""
    serving = [door for door in found if door.serves(place.path)]
    if _is_one_for_all(place):
        _warn(project, place, f"{SHARED}. Make one for each session")
    elif not serving:
        _report(project, place)
    else:
        for door in serving:
            if door not in separated.opened and not door.is_open:
                _open(project, door, place)
                separated.opened.append(door)
        separated.every.add(place.path)
        if any(door.ours is not CHATS for door in serving):
            separated.web.add(place.path)


def _keep_keyed(project: Project) -> None:
    """A memory that the code keeps for each session itself stays one window, whoever asks."""
    keyed = {
        (place.path, getattr(place.node, "lineno", 0))
        for place in _memories(project)
        if is_kept_per_key(project, place)
    }
    for file, calls in calls_of(project, ID, WINDOWS, *WINDOWS.values()) if keyed else ():
        for call, _ in calls:
            if (file.path, file.line(call)) in keyed and not keyword(call, "per_session"):
                add_argument(file, call, "per_session=False")
                message = "this memory is kept for each session already: it stays as it is kept"
                file.note("changed", call, message)
        file.save()


def _memories(project: Project) -> list[Place]:
    """Where the served code makes a window."""
    paths = sorted(project.served())
    return [place for path in paths for place in made(project, path, WINDOWS.keys())]


def _open(project: Project, door: Door, place: Place) -> None:
    insert_after(door.file, door.statement, door.line)
    where = f"{place.path}:{_line(project, place)}"
    door.file.note(
        "changed",
        door.statement,
        f"each {door.visitor} has a conversation of their own: the memory of {where} was shared by all",
    )
    cors = "CORSMiddleware" in door.file.text.text or "flask_cors" in door.file.text.text
    if cors and door.visitor == "visitor":
        door.file.note(
            "warning",
            door.statement,
            "a page on another site sends no cookie by itself: let its script send a random id of"
            " its own in the header X-Session-Id, else each of its questions starts anew",
        )


def _import(file: PythonFile, needed: list[Ours]) -> None:
    missing = [ours for ours in needed if ours.imported_as(file) is None]
    for line in import_lines(file, missing):
        insert_import(file, line)
    for ours in needed:
        require_runtime(file.project, file.project.app_root(file.path), ours.module)


def _report(project: Project, place: Place) -> None:
    asked = {
        entry.kind
        for entry in project.entry_points()
        if entry.kind in OWN_SESSIONS and place.path in project.graph.reached(entry.path)
    }
    if asked:
        names = " and ".join(OWN_SESSIONS[kind] for kind in sorted(asked))
        message = f"shared by all visitors: the window keeps them apart by {names}'s own sessions"
        project.note(Note(ID, "kept", str(place.path), _line(project, place), message))
        return
    message = (
        f"{SHARED}. The framework's sessions cannot be seen here: make the memory per session, and"
        " pass per_session=False"
    )
    _warn(project, place, message)


def _warn(project: Project, place: Place, message: str) -> None:
    project.note(Note(ID, "warning", str(place.path), _line(project, place), message))


def _is_one_for_all(place: Place) -> bool:
    """per_session=False: it does not ask who the visitor is."""
    keywords = place.node.keywords if isinstance(place.node, ast.Call) else []
    return any(given.arg == "per_session" for given in keywords)


def _line(project: Project, place: Place) -> int:
    return project.original_line(place.path, getattr(place.node, "lineno", 1))
