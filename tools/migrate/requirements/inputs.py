"""Requirement files as a list that a resolver can be asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from pathlib import PurePosixPath

from tools.migrate.requirements.distributions import WINDOWS_ONLY
from tools.migrate.requirements.files import Files, RequirementFile, chain
from tools.migrate.requirements.lines import OPTIONS, Line

Place = tuple[PurePosixPath, int]  # file and line number
LOCAL = re.compile(r"(==\s*[\w.!]+)\+[\w.]+")
ON_WINDOWS = ' ; sys_platform == "win32"'


def requirements(
    file: RequirementFile,
    files: Files,
    without: Set[Place] = frozenset(),
    replaced: Mapping[Place, str] | None = None,
) -> list[str]:
    """What `file` and the files it includes ask for, as far as an index can answer it.

    Left out: addresses and paths, lines that pip refuses. Pins of a build of another index
    (2.1.0+cpu) count as the version itself.
    """
    return _asked(chain(file, files), without, replaced or {})


def constraints(
    file: RequirementFile,
    files: Files,
    without: Set[Place] = frozenset(),
    replaced: Mapping[Place, str] | None = None,
) -> list[str]:
    """The lines of the files that are named by -c."""
    listed = {member.path for member in chain(file, files)}
    limiting = [m for m in chain(file, files, kinds="rc") if m.path not in listed]
    return _asked(limiting, without, replaced or {})


def _asked(
    members: Iterable[RequirementFile], without: Set[Place], replaced: Mapping[Place, str]
) -> list[str]:
    return [
        replaced.get((member.path, line.number)) or installable(line)
        for member in members
        for line in member.lines
        if (member.path, line.number) not in without and _from_an_index(line)
    ]


def _from_an_index(line: Line) -> bool:
    return line.kind == "requirement" and bool(line.requirement and not line.requirement.url)


def installable(line: Line) -> str:
    """The requirement of a line in a form that installs from the usual index on Linux."""
    text = LOCAL.sub(r"\1", OPTIONS.split(line.code)[0])
    return text + ON_WINDOWS if only_on_windows(line) else text


def only_on_windows(line: Line) -> bool:
    """Whether the line needs a marker that keeps it from other systems."""
    asked = line.requirement
    return asked is not None and line.name in WINDOWS_ONLY and not asked.marker
