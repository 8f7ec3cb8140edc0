"""An app that listens on 127.0.0.1 alone: the host's proxy does not reach it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from deploy.address import local_server
from deploy.line import parts
from deploy.preflight.context import Context
from deploy.problem import Problem, error

_WHY = "listens on 127.0.0.1 alone, where no host reaches it"


def check(context: Context) -> Iterator[Problem]:
    """The command that a person wrote, and the call in the code that a `python FILE` comes to."""
    plan = context.plan
    if not plan.web:
        return
    command, environment = plan.command, plan.environment.value
    for part in parts(command.value) or ():
        if found := local_server(part.text, environment):
            server, option = found
            yield error("address", command.source, f"`{server}` {_WHY}: add {option}")
    if plan.local.value:
        place, *variables = plan.local.value
        given = any(name in environment or f"{name}=" in command.value for name in variables)
        if _runs_scripts(command.value) and not given:
            way = "".join(f", or set {name} to that" for name in variables)
            message = f'the app {_WHY}: give it the address "0.0.0.0" here{way}'
            yield error("address", place, message)


def _runs_scripts(line: str) -> bool:
    """Whether a command is `python FILE`: a server does not come to the call in the file."""
    for part in parts(line) or ():
        words = part.text.split()
        python = any(PurePosixPath(word).name.startswith("python") for word in words)
        if python and any(word.endswith(".py") for word in words) and "manage.py" not in words:
            return True
    return False
