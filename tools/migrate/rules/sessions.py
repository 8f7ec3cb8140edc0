"""Give each visitor a conversation of their own, where all of them share one memory object.

A memory made once (at import, at start-up, in a cached function) is the same for every visitor:
one reads what the other wrote. With the middleware the window keeps the visitors apart, by a cookie
or the header X-Session-Id: FastAPI, Starlette and Flask. Chainlit, Gradio and Streamlit have sessions
of their own, which the window asks for. For other frameworks it is reported.

     app = FastAPI()
    +app.add_middleware(SessionMiddleware)
"""

from __future__ import annotations

import ast
import re

import libcst as cst

from tools.migrate.apps import App, apps
from tools.migrate.lifetime import Place, is_keyed, is_shared, places
from tools.migrate.parsed import imported_names, parse, qualified
from tools.migrate.project import RUNTIME, Project
from tools.migrate.result import Note
from tools.migrate.settings import Settings
from tools.migrate.support import require_runtime
from tools.migrate.syntax.calls import add_argument, keyword
from tools.migrate.syntax.find import calls_of
from tools.migrate.syntax.imports import Ours, import_lines
from tools.migrate.syntax.statements import insert_after, insert_import

ID = "sessions"
WINDOWS = {
    f"{RUNTIME}.window_memory.WindowMemory": "WindowMemory",
    f"{RUNTIME}.session_history.SessionHistory": "SessionHistory",
    f"{RUNTIME}.session_history.WindowHistory": "WindowHistory",
}
ASGI = Ours("sessions", "SessionMiddleware")
WSGI = Ours("sessions", "WsgiSessionMiddleware")
# Frameworks whose sessions the window asks for by itself (runtime/framework_sessions.py).
OWN_SESSIONS = {"chainlit": "Chainlit", "gradio": "Gradio", "streamlit": "Streamlit"}


def apply(project: Project, settings: Settings) -> None:
    _keep_keyed(project)
    shared = [place for place in _memories(project) if is_shared(project, place)]
    done: list[cst.CSTNode] = []
    found = apps(project, ID, "fastapi", "starlette", "flask")
    for place in shared:
        if _is_one_for_all(place):
            _warn(
                project, place, "one memory for all visitors: they read each other's conversations"
            )
            continue
        serving = [app for app in found if place.path in project.graph.reached(app.entry.path)]
        if not serving:
            _report(project, place)
        for app in serving:
            if app.statement not in done:
                done.append(app.statement)
                _add_middleware(project, app, place)
    for app in found:
        app.file.save()


def _keep_keyed(project: Project) -> None:
    """A memory that the code keeps for each session itself stays one window, whoever asks."""
    keyed = {
        (place.path, getattr(place.node, "lineno", 0))
        for place in _memories(project)
        if is_keyed(place)
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
    found = []
    for path in sorted(project.served()):
        tree = parse(project.read(path))
        names = imported_names(tree) if tree else {}
        for place in places(project, path) if WINDOWS.keys() & names.values() else ():
            if qualified(getattr(place.node, "func", place.node), names) in WINDOWS:
                found.append(place)
    return found


def _add_middleware(project: Project, app: App, place: Place) -> None:
    ours = WSGI if app.entry.kind == "flask" else ASGI
    if _has(app, ours):
        return
    imported = bool(app.file.edits)
    name = ours.local_name(app.file)
    if app.entry.kind == "flask":
        line = f"{app.name}.wsgi_app = {name}({app.name}.wsgi_app)"
    else:
        line = f"{app.name}.add_middleware({name})"
    insert_after(app.file, app.statement, line)
    lines = [] if ours.imported_as(app.file) else import_lines(app.file, [ours])
    if lines and not imported:
        insert_import(app.file, *lines)
    require_runtime(project, project.app_root(app.file.path), ours.module)
    where = f"{place.path}:{_line(project, place)}"
    app.file.note(
        "changed",
        app.statement,
        f"each visitor has a conversation of their own: the memory of {where} was shared by all",
    )
    if "CORSMiddleware" in app.file.text.text or "flask_cors" in app.file.text.text:
        app.file.note(
            "warning",
            app.statement,
            "a page on another site sends no cookie by itself: let its script send a random id of"
            " its own in the header X-Session-Id, else each of its questions starts anew",
        )


def _has(app: App, ours: Ours) -> bool:
    """Whether this app object has the middleware."""
    local = ours.imported_as(app.file)
    name = re.escape(app.name)
    added = rf"\b{name}\s*\.\s*add_middleware\(\s*{local}\b|\b{local}\(\s*{name}\b"
    here = app.call is not None and re.search(rf"\b{local}\b", app.file.source(app.call))
    return local is not None and bool(here or re.search(added, app.file.text.text))


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
        "one memory for all visitors: they read each other's conversations. The framework's sessions"
        " cannot be seen here: make the memory per session, and pass per_session=False"
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
