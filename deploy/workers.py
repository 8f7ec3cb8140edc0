"""The number of workers in a start command: each of them holds the model once more."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deploy.line import parts, programs

# uvicorn and gunicorn ask the first where the command names no number, the others their own.
VARIABLES = ("WEB_CONCURRENCY", "UVICORN_WORKERS", "GRANIAN_WORKERS")
# Python's servers that take a number of them; what has its own flag of that name is not meant.
_SERVERS = frozenset({"uvicorn", "gunicorn", "hypercorn", "fastapi", "granian"})
_NUMBER = r"(?:\d+|\$\(\((?:[^()]|\([^()]*\))*\)\)|\$\([^()]*\)|\$\{[^{}]*\}|\$\w+|`[^`]*`)"
_COUNT = rf"(?:{_NUMBER}|\"{_NUMBER}\")"
_FLAG = re.compile(rf"(?<=\s)(?:--workers[ =]|-w[ =]?)(?P<count>{_COUNT})(?=[\s\"']|$)")
_ASSIGNED = re.compile(rf"(?<!\S)(?P<name>{'|'.join(VARIABLES)})=(?P<count>\S+)")
_VARIABLE = re.compile(r"\$\{?(\w+)(?:\}|:?-.*)?")


def server_of(command: str) -> str | None:
    """The server that a simple command starts, of those that take a number of workers."""
    return next((program for program in programs(command) if program in _SERVERS), None)


def one_worker(command: str) -> str:
    """A simple command with one in the place of each number of workers that it names."""
    command = _ASSIGNED.sub(r"\g<name>=1", command)
    return _FLAG.sub("--workers 1", command) if server_of(command) else command


def names_workers(command: str) -> bool:
    """Whether a simple command says how many there are."""
    return _FLAG.search(command) is not None


def workers(line: str, environment: Mapping[str, str]) -> str | None:
    """What a start command says beside one worker: a number, or what only the host can tell."""
    for part in parts(line) or ():
        found = [*_ASSIGNED.finditer(part.text)]
        found += _FLAG.finditer(part.text) if server_of(part.text) else []
        for match in found:
            said = match["count"].strip("\"'")
            named = _VARIABLE.fullmatch(said)
            said = environment.get(named[1], said) if named else said
            if said != "1":
                return said
    return None
