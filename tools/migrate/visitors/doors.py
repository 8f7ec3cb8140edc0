"""The objects through which visitors come in, and the line that tells one from another there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.apps import App, apps
from tools.migrate.project import Project
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import Ours
from tools.migrate.visitors.telegram import bots

ASGI = Ours("sessions", "SessionMiddleware")
WSGI = Ours("sessions", "WsgiSessionMiddleware")
CHATS = Ours("telegram_chats", "separate_chats")
_LINES = {
    "fastapi": "{app}.add_middleware({ours})",
    "starlette": "{app}.add_middleware({ours})",
    "flask": "{app}.wsgi_app = {ours}({app}.wsgi_app)",
    "quart": "{app}.asgi_app = {ours}({app}.asgi_app)",
    "django": "{app} = {ours}({app})",
    "telegram": "{ours}({app})",
}


@dataclass(frozen=True)
class Door:
    """One such object, the statement behind which the line goes, and what the line needs."""

    app: App
    statement: cst.SimpleStatementLine
    name: str
    ours: Ours

    @property
    def file(self) -> PythonFile:
        return self.app.file

    @property
    def line(self) -> str:
        name = self.ours.local_name(self.file)
        return _LINES[self.app.entry.kind].format(app=self.name, ours=name)

    @property
    def visitor(self) -> str:
        return "chat" if self.ours is CHATS else "visitor"

    def serves(self, path: PurePosixPath) -> bool:
        """Whether what comes in here can get to that file."""
        return path in self._reached

    @cached_property
    def _reached(self) -> frozenset[PurePosixPath]:
        project, own = self.file.project, self.app.entry.path
        if self.app.entry.kind == "django":  # finds its apps by the strings in its settings
            root = project.app_root(own)
            return frozenset(path for path in project.served() if project.app_root(path) == root)
        starts = {own, *(entry.path for entry in project.entry_points())}
        found = (project.graph.reached(start) for start in starts)
        return frozenset().union(*(reached for reached in found if own in reached))

    @property
    def is_open(self) -> bool:
        """Whether the line, or one like it, is there."""
        local = self.ours.imported_as(self.file)
        if local is None:
            return False
        name = re.escape(self.name)
        added = rf"\b{name}\s*\.\s*add_middleware\(\s*{local}\b|\b{local}\(\s*{name}\b"
        call = self.file.source(self.app.call) if self.app.call is not None else ""
        return bool(re.search(rf"\b{local}\b", call) or re.search(added, self.file.text.text))


def doors(project: Project, rule: str) -> list[Door]:
    """Every door of the repository; a file has one opened copy for all of its doors."""
    web = apps(project, rule, "fastapi", "starlette", "flask", "quart", "django")
    opened = {app.file.path: app.file for app in web}
    found = [_django(app) if app.entry.kind == "django" else _door(app, _ours(app)) for app in web]
    return [*found, *(_door(bot, CHATS) for bot in bots(project, rule, opened))]


def _door(app: App, ours: Ours) -> Door:
    return Door(app, app.statement, app.name, ours)


def _ours(app: App) -> Ours:
    return WSGI if app.entry.kind == "flask" else ASGI


def _django(app: App) -> Door:
    """The server takes `application`, which may be made of more than Django's own."""
    asgi = app.call is not None and "asgi" in app.file.source(app.call.func)
    last = list(_assigning(app.file, "application"))[-1:]
    statement, name = (last[0], "application") if last else (app.statement, app.name)
    return Door(app, statement, name, ASGI if asgi else WSGI)


def _assigning(file: PythonFile, name: str) -> Iterator[cst.SimpleStatementLine]:
    for line in file.module.body:
        small = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        targets = [t.target for t in small.targets] if isinstance(small, cst.Assign) else []
        if any(isinstance(t, cst.Name) and t.value == name for t in targets):
            assert isinstance(line, cst.SimpleStatementLine)
            yield line
