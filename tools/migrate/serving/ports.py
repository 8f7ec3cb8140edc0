"""The port that an app listens on: in its command, or in its code."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.serving.app import PORT

DEFAULTS = {
    "uvicorn": 8000,
    "hypercorn": 8000,
    "granian": 8000,
    "daphne": 8000,
    "waitress-serve": 8080,
    "fastapi": 8000,
    "flask": 5000,
    "quart": 5000,
    "streamlit": 8501,
    "chainlit": 8000,
    "manage.py": 8000,
    "gradio": 7860,
    "starlette": 8000,
}
FLAGS = ("--port", "-p", "--server.port", "--bind", "-b", "--listen")
CALLS = frozenset({"run", "launch", "serve", "run_webhook"})
NAMES = ("port", "server_port")
FIRST_ADDRESS = re.compile(r"(?:[\w.]*:)?(\d{2,5})")


def port_of_command(words: Sequence[str]) -> str | int | None:
    """What the words of a launch command say; else the server's own default."""
    for index, word in enumerate(words):
        flag, equals, given = word.partition("=")
        value = given if equals else words[index + 1] if index + 1 < len(words) else ""
        if flag in FLAGS or (flag.startswith("-b") and flag != "-b" and not equals):
            return _port(value if flag in FLAGS else flag[2:])
        if word == "runserver" and value:
            return _port(value) or DEFAULTS["manage.py"]
    program = next(
        (w for w in words if w.rpartition("/")[2] in (*DEFAULTS, "gunicorn")), ""
    ).rpartition("/")[2]
    if program == "gunicorn":
        return PORT  # which it binds to by itself
    return DEFAULTS.get(program)


def port_of_code(project: Project, path: PurePosixPath) -> str | int | None:
    """What `app.run(port=…)`, `uvicorn.run(…)` or `demo.launch(…)` says; None: nothing."""
    tree = parse(project.read(path)) or ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) in CALLS:
            for keyword in node.keywords:
                if keyword.arg in NAMES:
                    return _port_expression(keyword.value, tree)
    return None


def _port_expression(node: ast.expr, tree: ast.Module) -> str | int | None:
    """A number, or "$PORT" where the environment decides."""
    if isinstance(node, ast.Name):
        assigned = [
            statement.value
            for statement in ast.walk(tree)
            if isinstance(statement, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == node.id for t in statement.targets)
        ]
        return _port_expression(assigned[-1], tree) if assigned else None
    values = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    if "PORT" in values:
        return PORT
    return next((value for value in values if isinstance(value, int)), None)


def _port(text: str) -> str | int | None:
    if "$" in text:
        return PORT
    found = FIRST_ADDRESS.search(text)
    return int(found[1]) if found else None
