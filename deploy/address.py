"""The address that a server's command listens on: a host reaches no app on 127.0.0.1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.line import programs

LOCAL = r"(?:127\.0\.0\.1|localhost)"


@dataclass(frozen=True, slots=True)
class _Server:
    """One that listens on 127.0.0.1 if nothing else is said: how that is said."""

    flags: tuple[str, ...]  # of the address, or of what stands in its place
    option: str  # every address, and the host's port where one option says both
    port: str = " --port $PORT"
    variable: str = ""  # that says it too
    needs: str = ""  # the sub-command that serves


_HOST = ("--host", "-h")
_EVERY_ADDRESS = "0.0.0.0:$PORT"
_SERVERS: Mapping[str, _Server] = {
    "uvicorn": _Server(("--host", "--uds", "--fd"), "--host 0.0.0.0", variable="UVICORN_HOST"),
    "hypercorn": _Server(("--bind", "-b", "-c", "--config"), "--bind 0.0.0.0:$PORT", port=""),
    "granian": _Server(("--host", "--uds"), "--host 0.0.0.0", variable="GRANIAN_HOST"),
    "daphne": _Server(("-b", "--bind", "-u", "-e", "--endpoint"), "-b 0.0.0.0", " -p $PORT"),
    "chainlit": _Server(("--host",), "--host 0.0.0.0", variable="CHAINLIT_HOST", needs="run"),
    "flask": _Server(_HOST, "--host 0.0.0.0", variable="FLASK_RUN_HOST", needs="run"),
    "quart": _Server(_HOST, "--host 0.0.0.0", needs="run"),
}
_PORTS = ("--port", "-p")
_ANY = re.compile(rf"(?:--host|--server\.address|--bind|-b|-h)[ =]?\"?{LOCAL}(?![\w.])")
_ADDRESS = re.compile(
    r"""["']?(?:(?P<host>[\w.:$*{}]*|\[[\w.:]*\]):)?(?:\d{2,5}|\$\{?\w+\S*?)["']?"""
)
_LOCAL = re.compile(LOCAL)


def everywhere(command: str) -> str:
    """A simple command that listens on every address, on $PORT where it says no port."""
    name, server = _server(command)
    if _runserver(command):
        return _runserver_everywhere(command)
    if server is None or server.variable and f"{server.variable}=" in command:
        return command
    if not _says(command, server.flags):
        command += f" {server.option}"
    return command if not server.port or _says(command, _PORTS) else f"{command}{server.port}"


def local_server(command: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """(server, what to add) where a simple command listens on 127.0.0.1 alone."""
    name, server = _server(command)
    if _runserver(command):
        given = _address(command)
        local = given is None or given["host"] is None or _LOCAL.fullmatch(given["host"])
        return ("runserver", _EVERY_ADDRESS) if local else None
    if _ANY.search(command):
        return name or command.split()[0], server.option if server else "the address 0.0.0.0"
    if server is None or server.variable and _given(server.variable, command, environment):
        return None
    return None if _says(command, server.flags) else (name, server.option)


def _runserver(command: str) -> bool:
    """Whether it is Django's; Flask-Script has one with options."""
    words = command.split()
    return "manage.py" in command and "runserver" in words and not _says(command, _HOST)


def _address(command: str) -> re.Match[str] | None:
    """The last word that is one: what comes before may be the value of an option."""
    begin = command.index("runserver") + len("runserver")
    words = re.compile(r"\S+").finditer(command, begin)
    found = [_ADDRESS.fullmatch(command, *word.span()) for word in words]
    return next((one for one in reversed(found) if one), None)


def _runserver_everywhere(command: str) -> str:
    given = _address(command)
    if given is None:
        before, name, after = command.partition("runserver")
        return f"{before}{name} {_EVERY_ADDRESS}{after}"
    return f"{command[: given.start()]}{_EVERY_ADDRESS}{command[given.end() :]}"


def _given(variable: str, command: str, environment: Mapping[str, str]) -> bool:
    return variable in environment or f"{variable}=" in command


def _server(command: str) -> tuple[str, _Server | None]:
    words = command.split()
    for name in programs(command):
        server = _SERVERS.get(name)
        if server and (not server.needs or server.needs in words):
            return name, server
    return "", None


def _says(command: str, flags: tuple[str, ...]) -> bool:
    """Whether one of the flags is there, its value behind it or in the same word."""
    short = tuple(flag for flag in flags if not flag.startswith("--"))
    words = command.split()
    return any(w.partition("=")[0] in flags or (short and w.startswith(short)) for w in words)
