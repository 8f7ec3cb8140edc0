"""The Python that runtime.txt asks for, where a host no longer has it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from tools.migrate.project import Project
from tools.migrate.result import Note
from tools.migrate.source import SourceError, decode

OLDEST = (3, 10)  # of Heroku and Railway; Render still has older ones
VERSION = re.compile(r"^\s*(?:python-)?(\d+)\.(\d+)", re.M)


def note_runtimes(project: Project, rule: str) -> None:
    for path in project.paths():
        if path.name == "runtime.txt" and path not in project.tree.vendored:
            _note(project, rule, path)


def _note(project: Project, rule: str, path: PurePosixPath) -> None:
    version = _version(project, path)
    if version is None:
        return
    text = f"{version[0]}.{version[1]}"
    if version < OLDEST:
        message = (
            f"Python {text} is no longer on Heroku and Railway (3.10 or later): name one for which"
            " every pinned package has a wheel"
        )
        project.note(Note(rule, "warning", str(path), 1, message))
    other = _version(project, path.parent / ".python-version")
    if other is not None and other != version:
        message = (
            f"says {text}, .python-version says {other[0]}.{other[1]}: Heroku takes this file,"
            " Render and Railway the other. Keep .python-version alone"
        )
        project.note(Note(rule, "warning", str(path), 1, message))


def _version(project: Project, path: PurePosixPath) -> tuple[int, int] | None:
    if not project.exists(path):
        return None
    try:
        match = VERSION.search(decode(project.read(path)).text)
    except SourceError:
        return None
    return (int(match[1]), int(match[2])) if match else None
