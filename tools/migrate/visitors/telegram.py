"""The objects that a Telegram bot's handlers are added to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.apps import App
from tools.migrate.entrypoints import EntryPoint
from tools.migrate.project import Project
from tools.migrate.syntax.file import PythonFile, open_file
from tools.migrate.syntax.names import references

BOTS = {
    "telegram.ext.Application.builder": "build",  # made by a chain of calls that ends so
    "telegram.ext.ApplicationBuilder": "build",
    "telegram.ext.Updater": "",
    "telebot.TeleBot": "",
    "telebot.async_telebot.AsyncTeleBot": "",
    "aiogram.Dispatcher": "",
    "aiogram.dispatcher.Dispatcher": "",
}
_WORDS = (b"telegram", b"telebot", b"aiogram")


def bots(project: Project, rule: str, opened: dict[PurePosixPath, PythonFile]) -> Iterator[App]:
    """The bots of the served files that give theirs a name."""
    for path in sorted(project.served()):
        if not any(word in project.read(path) for word in _WORDS):
            continue
        file = opened.get(path) or open_file(project, path, rule)
        if file is None:
            continue
        for reference in references(file, BOTS):
            made = _made(file, reference.node, BOTS[reference.origin])
            statement = next((n for n in _above(file, made) if _is_line(n)), None)
            name = _name(file, made)
            if name and isinstance(statement, cst.SimpleStatementLine):
                entry = EntryPoint(path, "telegram", file.line(statement), name)
                yield App(entry, file, statement, name)


def _made(file: PythonFile, node: cst.CSTNode, last: str) -> cst.CSTNode | None:
    """The call that makes the bot: the first, or the one of the chain's `last` method."""
    current: cst.CSTNode = node
    while True:
        parent = file.parent(current)
        if isinstance(parent, cst.Call) and parent.func is current:
            if not last or (isinstance(current, cst.Attribute) and current.attr.value == last):
                return parent
        elif not (isinstance(parent, cst.Attribute) and parent.value is current):
            return None
        current = parent


def _name(file: PythonFile, made: cst.CSTNode | None) -> str | None:
    """What the call's value is assigned to: "app", "self.app"."""
    statement = file.parent(made) if made is not None else None
    if isinstance(statement, cst.AnnAssign) and statement.value is made:
        return file.source(statement.target)
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        target = statement.targets[0].target
        return file.source(target) if isinstance(target, cst.Name | cst.Attribute) else None
    return None


def _above(file: PythonFile, node: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
    yield from file.ancestors(node) if node is not None else ()


def _is_line(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine)
