"""Which file says what is installed for an app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.launch.commands import server_of
from tools.migrate.launch.shell import commands
from tools.migrate.project import Project
from tools.migrate.requirements.files import Files, chain, home

OTHERS = ("pyproject.toml", "Pipfile", "environment.yml", "environment.yaml", "setup.py")
MEANT_FOR_OTHERS = ("dev", "test", "lint", "doc", "torch")
BROUGHT_BY = {"uvicorn": ("fastapi[standard]", "fastapi-cli")}


def manifest_of(project: Project, files: Files, path: PurePosixPath) -> PurePosixPath | None:
    """The nearest one beside the app or above it; a requirements file before the others."""
    present = set(project.paths())
    for folder in path.parents:
        here = [file for file in files if home(file) == folder]
        if here:
            return min(here, key=_rank)
        for name in OTHERS:
            if folder / name in present:
                return folder / name
    # One in a folder without code is meant for the code elsewhere.
    code = {folder for file in project.python() for folder in file.parents[:-1]}
    aside = [file for file in files if home(file) not in code]
    return min(aside, key=lambda file: (len(file.parts), _rank(file)), default=None)


def _rank(path: PurePosixPath) -> tuple[bool, bool, int, str]:
    name = path.stem.lower()
    aside = any(word in name for word in MEANT_FOR_OTHERS)
    return path.name != "requirements.txt", aside, len(name), str(path)


def missing(files: Files, manifest: PurePosixPath | None, command: str) -> Iterator[str]:
    """The server that a command starts, where a requirements file does not name it."""
    servers = (server_of(words) for words in commands(command))
    program = next((server[0] for server in servers if server), "")
    if manifest and manifest in files and program in ("uvicorn", "gunicorn", "hypercorn"):
        listed = list(chain(files[manifest], files))
        names = {name for file in listed for name in file.names}
        lines = {line.code.replace(" ", "") for file in listed for line in file.lines}
        others = BROUGHT_BY.get(program, ())
        brought = any(line.startswith(other) for line in lines for other in others)
        if program not in names and not brought:
            yield program
