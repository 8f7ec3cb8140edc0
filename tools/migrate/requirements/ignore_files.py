"""Files that keep what was added from the host: .dockerignore, .slugignore, .gcloudignore."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.requirements.brought import Folders, named, needed_folders
from tools.migrate.source import SourceError, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

NAME = re.compile(r".*\.dockerignore|\.slugignore|\.gcloudignore")
WILDCARD = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]/]+\]|.", re.S)
MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def ignored(project: Project) -> Iterator[tuple[PurePosixPath, int, str]]:
    """(ignore file, line, what it leaves out)"""
    folders = needed_folders(project)
    for path in project.paths():
        if not NAME.fullmatch(path.name) or path in project.tree.vendored:
            continue
        try:
            lines = decode(project.read(path)).text.splitlines()
        except SourceError:
            continue
        for line, left in sorted(_left_out(path, lines, folders).items()):
            what, them = named(left, path.parent), "them" if left[1:] else "it"
            pattern = lines[line - 1].strip()
            yield path, line, f"`{pattern}` leaves out {what}, which the app needs: let {them} in"


def _left_out(
    path: PurePosixPath, lines: list[str], folders: Folders
) -> dict[int, list[PurePosixPath]]:
    """Line -> the folders of which it leaves a file out."""
    found: dict[int, list[PurePosixPath]] = {}
    for folder, files in folders.items():
        if folder.is_relative_to(path.parent):
            inside = [file.relative_to(path.parent) for file in sorted(files)]
            if line := excluding(lines, inside, anchored=path.name.endswith(".dockerignore")):
                found.setdefault(line, []).append(folder)
    return found


def excluding(lines: list[str], files: Iterable[PurePosixPath], *, anchored: bool) -> int | None:
    """The line that keeps the first of the files out: the last pattern that matches decides.

    `anchored`: a name without a slash means the top folder alone, as in .dockerignore.
    """
    rules = [
        (number, line.strip().startswith("!"), _pattern(line.strip().lstrip("!"), anchored))
        for number, line in enumerate(lines, 1)
        if line.strip().strip("!/") and not line.strip().startswith("#")
    ]
    for file in files:
        deciding = [(n, back) for n, back, pattern in rules if pattern.match(str(file))]
        if deciding and not deciding[-1][1]:
            return deciding[-1][0]
    return None


def _pattern(text: str, anchored: bool) -> re.Pattern[str]:
    """Matches the start of each path that the pattern, or a folder it names, holds."""
    inner = text.strip("/").removeprefix("./")
    anywhere = not anchored and "/" not in text.rstrip("/")
    tokens = WILDCARD.findall(f"**/{inner}" if anywhere else inner)
    written = (MEANING.get(t) or (t if len(t) > 1 else re.escape(t)) for t in tokens)
    try:
        return re.compile("".join(written) + r"(?:/|\Z)", re.S)
    except re.error:
        return re.compile(r"(?!)")
