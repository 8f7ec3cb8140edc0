"""Finds what is served: the objects and calls by which an app is started."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tools.migrate import bots
from tools.migrate.parsed import imported_names, qualified
from tools.migrate.source import SourceError, decode

APP_CLASSES = {
    "fastapi.FastAPI": "fastapi",
    "fastapi.applications.FastAPI": "fastapi",
    "starlette.applications.Starlette": "starlette",
    "flask.Flask": "flask",
    "quart.Quart": "quart",
    "gradio.Blocks": "gradio",
    "gradio.Interface": "gradio",
    "gradio.ChatInterface": "gradio",
    "telegram.ext.Application.builder": "telegram",
    "telegram.ext.ApplicationBuilder": "telegram",
    "telegram.ext.Updater": "telegram",
    "telebot.TeleBot": "telegram",
    "telebot.async_telebot.AsyncTeleBot": "telegram",
    "aiogram.Bot": "telegram",
    "aiogram.Dispatcher": "telegram",
    "django.core.wsgi.get_wsgi_application": "django",
    "django.core.asgi.get_asgi_application": "django",
    "django.core.management.execute_from_command_line": "django",
    "uvicorn.run": "launch",
    "waitress.serve": "launch",
    **dict.fromkeys(bots.CLASSES, "bot"),
}
# An object made in one file is often started in another one, by a method of its own.
STARTERS = {
    "bot": bots.STARTERS,
    "gradio": frozenset({"launch"}),
    "telegram": frozenset(
        {"infinity_polling", "polling", "run_polling", "run_webhook", "start_polling"}
    ),
}
PORTLESS = frozenset({"bot", "cli", "telegram"})  # nothing asks them over a port
APP_PACKAGES = frozenset(name.partition(".")[0] for name in APP_CLASSES)
SCRIPT_FRAMEWORKS = ("streamlit", "chainlit")  # run by their own command; the script is the app
SERVER_COMMAND = re.compile(r"\b(?:uvicorn|gunicorn|hypercorn|daphne|waitress-serve)\b([^\n]*)")
APP_IMPORT = re.compile(r"(?<![\w.:/])([A-Za-z_][\w.]*):([A-Za-z_]\w*)")
SCRIPT_COMMAND = re.compile(
    r"\b(?:python3?|streamlit\s+run|chainlit\s+run)[\s\"',]+([\w./-]+\.py)\b"
)

SHELL = (".sh", ".bat", ".ps1")
BUILD_STEP = re.compile(r"^\s*(?:RUN\s|release:|.*build).*$", re.M | re.I)


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One place where an app begins.

    `name` is the variable that holds the app object (None when it has none); `function` is the
    function that makes it (None at module level).
    """

    path: PurePosixPath
    kind: str
    line: int
    name: str | None = None
    function: str | None = None


def in_code(path: PurePosixPath, tree: ast.Module) -> Iterator[EntryPoint]:
    """The entry points that one file holds. Tests make apps too, but serve nothing."""
    if is_test(path):
        return
    names = imported_names(tree)
    for module in SCRIPT_FRAMEWORKS:
        if any(value == module or value.startswith(f"{module}.") for value in names.values()):
            yield EntryPoint(path, module, 1)
    if APP_PACKAGES.isdisjoint(value.partition(".")[0] for value in names.values()):
        return
    for function, node in _statements(tree.body, None):
        for call in _calls(node):
            kind = _kind(call, names)
            if kind:
                yield EntryPoint(path, kind, call.lineno, _assigned(node, call), function)
    for line in bots.subclasses(tree, names):
        yield EntryPoint(path, "bot", line)


def started_in(path: PurePosixPath, tree: ast.Module, kind: str) -> EntryPoint | None:
    """The place in a file that starts an app of this kind which another file makes."""
    starters = STARTERS.get(kind, frozenset())
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in starters
    ]
    return EntryPoint(path, "launch", min(lines)) if lines and not is_test(path) else None


def cli_loop(path: PurePosixPath, tree: ast.Module) -> EntryPoint | None:
    """The loop in which a file asks on the terminal: an app where the repository has no other."""
    loops = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.While)
        and any(
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "input"
            for call in ast.walk(node)
        )
    ]
    return EntryPoint(path, "cli", min(loops)) if loops and not is_test(path) else None


def in_launch_file(
    file: PurePosixPath, text: str, known: Mapping[PurePosixPath, object]
) -> Iterator[tuple[EntryPoint, PurePosixPath]]:
    """(entry point, folder that is sys.path[0]) named by a Procfile, Dockerfile, script, …

    A server's command counts wherever it stands; a plain `python x.py` only where a host starts
    the app, for shell scripts and build steps run other things with it.
    """
    folder = file.parent
    named = (m for line in SERVER_COMMAND.findall(text) for m in APP_IMPORT.finditer(line))
    for match in named:
        inner = PurePosixPath(*match[1].split("."))
        for module in (inner.with_suffix(".py"), inner / "__init__.py"):
            for path in ending_with(module, folder, known):
                root = PurePosixPath(*path.parts[: len(path.parts) - len(module.parts)])
                yield EntryPoint(path, "launch", 1, match[2]), root
    if file.suffix in SHELL:
        return
    for match in SCRIPT_COMMAND.finditer(BUILD_STEP.sub("", text)):
        for path in ending_with(PurePosixPath(match[1]), folder, known):
            yield EntryPoint(path, "launch", 1), path.parent


def launch_text(data: bytes) -> str:
    """The text of a launch file, with continued lines joined; "" for a binary one."""
    try:
        return re.sub(r"\\\r?\n", " ", decode(data).text)
    except SourceError:
        return ""


def is_test(path: PurePosixPath) -> bool:
    return bool({"tests", "test"}.intersection(path.parts[:-1])) or path.name == "conftest.py"


def ending_with(
    end: PurePosixPath, folder: PurePosixPath, known: Mapping[PurePosixPath, object]
) -> list[PurePosixPath]:
    """The known file that `end` names: seen from `folder`, else the only one ending so."""
    if folder / end in known:
        return [folder / end]
    size = len(end.parts)
    found = [path for path in known if path.parts[-size:] == end.parts]
    return found if len(found) == 1 else []


def _statements(
    body: list[ast.stmt], function: str | None
) -> Iterator[tuple[str | None, ast.stmt]]:
    """Simple statements with the name of the outermost function that they are in."""
    for node in body:
        inner = function
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = function or node.name
        blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
        blocks += [handler.body for handler in getattr(node, "handlers", [])]
        if any(blocks):
            if isinstance(node, (ast.With, ast.AsyncWith)):
                yield inner, node
            for block in blocks:
                yield from _statements(block, inner)
        else:
            yield inner, node


def _calls(node: ast.stmt) -> Iterator[ast.Call]:
    inside = node.items if isinstance(node, (ast.With, ast.AsyncWith)) else [node]
    for part in inside:
        yield from (n for n in ast.walk(part) if isinstance(n, ast.Call))


def _kind(call: ast.Call, names: Mapping[str, str]) -> str | None:
    found = qualified(call.func, names)
    if found is None and isinstance(call.func, ast.Name):
        stars = (name[1:] for name in names if name.startswith("*"))
        found = next(
            (f"{s}.{call.func.id}" for s in stars if f"{s}.{call.func.id}" in APP_CLASSES), None
        )
    return APP_CLASSES.get(found or "")


def _assigned(node: ast.stmt, call: ast.Call) -> str | None:
    """The name that the statement gives to the call's value."""
    if (
        isinstance(node, ast.Assign)
        and node.value is call
        and isinstance(node.targets[0], ast.Name)
    ):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and node.value is call and isinstance(node.target, ast.Name):
        return node.target.id
    if isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            if item.context_expr is call and isinstance(item.optional_vars, ast.Name):
                return item.optional_vars.id
    return None
