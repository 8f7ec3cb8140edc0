"""A start command as a host needs it: its port, every address, one worker, no reloader."""

from __future__ import annotations

import re

from deploy.address import LOCAL, everywhere
from deploy.line import at_once, each, parts
from deploy.workers import names_workers, one_worker, server_of

SERVERS = ("uvicorn", "gunicorn", "hypercorn")  # they ask WEB_CONCURRENCY where no number is said
_PORT = re.compile(
    r"(?P<flag>--port|--server\.port|(?<=\s)-p)(?P<gap>[ =])\"?(\$\{PORT:-\d+\}|\d+)\"?"
)
_BIND = re.compile(
    r"(?P<flag>--bind|(?<=\s)-b)(?P<gap>[ =]?)[\w.\[\]*]*:(\$\{PORT(:-\d+)?\}|\$PORT|\d+)"
)
_LOCAL = re.compile(r"(?P<flag>--host|--server\.address)(?P<gap>[ =])" + LOCAL + r"\b")
_DEV = re.compile(r"\bfastapi dev\b")  # reloads, and listens to this machine alone
_SHELL = re.compile(r"(?:exec\s+)?(?:/\S*/)?(?:ba|da|z)?sh\s+-\w*c\b")
_RELOAD = re.compile(r"\s+--reload(?=\s|$)")


def hosted(command: str) -> str:
    """The same command for a host that gives $PORT and 512 MB; what stands before a server stays."""
    found = parts(command)
    if found and at_once(found):
        return command  # `deploy.preflight.start_line` refuses it as it is written
    return each(command, _hosted)


def _hosted(command: str) -> str:
    """A simple command; what a shell of its own is given is not looked into."""
    if _SHELL.match(command):
        return command
    command = _PORT.sub(r"\g<flag>\g<gap>$PORT", command)
    command = _BIND.sub(r"\g<flag>\g<gap>0.0.0.0:$PORT", command)
    command = _LOCAL.sub(r"\g<flag>\g<gap>0.0.0.0", command)
    command = _RELOAD.sub("", command)
    server = server_of(command)
    command = one_worker(command)
    if server == "fastapi":
        command = _DEV.sub("fastapi run", command)
        command += "" if "--port" in command else " --port $PORT"
    command = everywhere(command)
    if server not in SERVERS:
        return command
    return command if names_workers(command) else f"{command} --workers 1"
