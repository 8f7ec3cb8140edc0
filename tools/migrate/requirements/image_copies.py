"""Dockerfiles that copy single files and folders, and so leave out what was added."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.launch.containers import Instruction, instructions
from tools.migrate.launch.shell import commands
from tools.migrate.requirements.brought import named, needed_folders, users_below
from tools.migrate.requirements.images import dockerfiles

if TYPE_CHECKING:
    from tools.migrate.project import Project

ELSEWHERE = ("http://", "https://", "git@", "ssh://", "<<")


@dataclass(frozen=True, slots=True)
class Copy:
    """One COPY or ADD of the build context: what it copies, relative to the context."""

    line: int
    sources: tuple[str, ...]

    def brings(self, path: PurePosixPath) -> bool:
        """Whether it copies a file, given relative to the context."""
        return any(_covers(source, path) for source in self.sources)


def left_out(project: Project) -> Iterator[tuple[PurePosixPath, int, str]]:
    """(Dockerfile, line of the COPY that brings the app, what it leaves out)"""
    folders = needed_folders(project)
    for path, text in dockerfiles(project):
        copies = list(_copies(text))
        context = _context(project, path, copies)
        if context is None:
            continue
        missing = {
            folder: max(lines)
            for folder, files in folders.items()
            if folder.is_relative_to(context) and not _bringing(copies, files, context)
            if (lines := _bringing(copies, users_below(project, folder.parent), context))
        }
        if missing:
            line = project.original_line(path, max(missing.values()))
            yield path, line, f"COPY leaves out {named(missing, context)}: add them"


def _copies(text: str) -> Iterator[Copy]:
    for instruction in instructions(text):
        if instruction.name in ("COPY", "ADD"):
            words = _words(text, instruction)
            options = [word for word in words if word.startswith("--")]
            sources = [word for word in words if not word.startswith("--")][:-1]
            if not any(option.startswith("--from") for option in options):
                yield Copy(text.count("\n", 0, instruction.start) + 1, tuple(sources))


def _words(text: str, instruction: Instruction) -> list[str]:
    body = text[instruction.start : instruction.end]
    if "[" in body:
        try:
            return [str(word) for word in json.loads(body[body.index("[") :].replace("\\\n", ""))]
        except ValueError:
            pass
    found = commands(text, instruction.start, instruction.end)
    return [word.value for words in found for word in words]


def _context(project: Project, path: PurePosixPath, copies: list[Copy]) -> PurePosixPath | None:
    """The folder that is built from: the nearest that has most of what is copied."""
    sources = [s for copy in copies for s in copy.sources if not s.startswith(ELSEWHERE)]
    if not sources or any("$" in source for source in sources):
        return None
    found = {
        folder: sum(any(_covers(s, p.relative_to(folder)) for p in below) for s in sources)
        for folder in path.parents
        for below in [[p for p in project.paths() if p.is_relative_to(folder)]]
    }
    return max(found, key=found.__getitem__)


def _bringing(
    copies: list[Copy], files: Iterable[PurePosixPath], context: PurePosixPath
) -> list[int]:
    """The lines of the copies that bring any of the files."""
    inside = [file.relative_to(context) for file in files if file.is_relative_to(context)]
    return [copy.line for copy in copies if any(map(copy.brings, inside))]


def _covers(source: str, path: PurePosixPath) -> bool:
    """Whether a source names the file, or a folder that it is in; `*` stays in its folder."""
    parts = PurePosixPath(posixpath.normpath(f"/{source}")).parts[1:]
    return len(parts) <= len(path.parts) and all(map(fnmatchcase, path.parts, parts))
