"""The command that starts the app for the proof, on the loopback interface."""

from __future__ import annotations

import os
import re
import shlex

from tools.migrate.serving.app import ServedApp
from tools.migrate.serving.proposals import proposal
from tools.migrate.verify.environment import Environment

PORT = re.compile(r"\$\{PORT(?::-[^}]*)?\}|\$PORT\b")
SHELL = re.compile(r"\$[({A-Za-z]|`|[;&|<>]")


def start_command(app: ServedApp, environment: Environment, port: int) -> list[str]:
    """The app's own command, if it is a plain one that the environment has; else a like one."""
    for text in dict.fromkeys((app.command, proposal(app))):
        filled = PORT.sub(str(port), text)
        words = split_start(filled, environment, port) if not SHELL.search(filled) else []
        if words and os.path.isabs(_program(words)):
            return words
    return _with_what_is_there(app, environment, port)


def split_start(text: str, environment: Environment, port: int) -> list[str]:
    """A command's words, `$PORT` filled in, its program looked for in the environment."""
    words = shlex.split(PORT.sub(str(port), text).replace("0.0.0.0", "127.0.0.1"))
    index = _program_index(words)
    program = environment.programs / words[index]
    if program.exists():
        words[index] = str(program)
    return words


def _program_index(words: list[str]) -> int:
    """Behind `env` and assignments."""
    return next((i for i, w in enumerate(words) if "=" not in w and w != "env"), 0)


def _program(words: list[str]) -> str:
    return words[_program_index(words)]


def _with_what_is_there(app: ServedApp, environment: Environment, port: int) -> list[str]:
    """The framework's own server, for want of the one that the command names."""
    python, target = str(environment.python), app.target or ""
    if app.framework == "django":
        address = f"127.0.0.1:{port}"
        return [python, "manage.py", "runserver", "--noreload", address]
    if app.framework == "flask":
        target += "()" if app.made == "factory" else ""
        return [python, "-m", "flask", "--app", target, "run", "--port", str(port)]
    return split_start(proposal(app), environment, port)
