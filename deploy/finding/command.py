"""A start command as a host needs it: its port, every address, one worker, no reloader."""

from __future__ import annotations

import re
from dataclasses import replace

from deploy.line import at_once, joined, parts

SERVERS = ("uvicorn", "gunicorn", "hypercorn")
_NAMING = ("install", "echo")  # what only names a server
_PORT = re.compile(
    r"(?P<flag>--port|--server\.port|(?<=\s)-p)(?P<gap>[ =])\"?(\$\{PORT:-\d+\}|\d+)\"?"
)
_BIND = re.compile(r"(?P<flag>--bind|(?<=\s)-b)(?P<gap>[ =]?)[\w.\[\]*]*:(\$\{PORT:-\d+\}|\d+)")
_RUNSERVER = re.compile(r"(?<=runserver )(--noreload )?(?:[\w.]*:)?\d+(?=\s|$)")
_LOCAL = re.compile(r"(?P<flag>--host|--server\.address)(?P<gap>[ =])(127\.0\.0\.1|localhost)\b")
_WORKERS = re.compile(r"(?<=\s)(--workers[ =]|-w[ =]?)(\d+|\"?\$\{?WEB_CONCURRENCY[^\s]*)")
_RELOAD = re.compile(r"\s+--reload(?=\s|$)")


def hosted(command: str) -> str:
    """The same command for a host that gives $PORT and 512 MB; what stands before a server stays."""
    found = parts(command)
    if found is None or len(found) == 1:
        return _hosted(command)
    if at_once(found):
        return command  # `deploy.preflight.start_line` refuses it as it is written
    return joined([replace(part, text=_hosted(part.text)) for part in found])


def _hosted(command: str) -> str:
    """A simple command."""
    command = _PORT.sub(r"\g<flag>\g<gap>$PORT", command)
    command = _BIND.sub(r"\g<flag>\g<gap>0.0.0.0:$PORT", command)
    command = _RUNSERVER.sub(lambda match: f"{match[1] or ''}0.0.0.0:$PORT", command)
    command = _LOCAL.sub(r"\g<flag>\g<gap>0.0.0.0", command)
    command = _RELOAD.sub("", command)
    server = _server(command)
    if server is None:
        return command
    if server == "uvicorn":
        command += "" if "--host" in command else " --host 0.0.0.0"
        command += "" if "--port" in command else " --port $PORT"
    if _WORKERS.search(command):
        return _WORKERS.sub("--workers 1", command)
    return f"{command} --workers 1"


def _server(command: str) -> str | None:
    words = command.split()
    if any(word in words for word in _NAMING):
        return None
    return next((server for server in SERVERS if server in words), None)
