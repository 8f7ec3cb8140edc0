"""The requirement files of a repository, and which of its code each of them is for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.requirements.lines import Line, parse
from tools.migrate.source import SourceError, Text, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

TORCH_FILE = "requirements-torch.txt"
MARK = "# For the scripts that need torch, and only for them (fit512):"
NAME = re.compile(r".*require(?:ments?|d).*\.(?:txt|in)", re.I)


@dataclass(frozen=True, slots=True)
class RequirementFile:
    """One file, decoded. `includes` are the files that its -r and -c lines name."""

    path: PurePosixPath
    text: Text
    lines: tuple[Line, ...]
    includes: tuple[tuple[str, PurePosixPath], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(line.name for line in self.lines if line.name)


Files = Mapping[PurePosixPath, RequirementFile]


def requirement_files(project: Project) -> dict[PurePosixPath, RequirementFile]:
    """Every requirement file that is text: found by name, or named by another one's -r or -c."""
    found: dict[PurePosixPath, RequirementFile] = {}
    waiting = [
        path
        for path in project.paths()
        if path not in project.tree.vendored and (NAME.fullmatch(path.name) or _in_folder(path))
    ]
    while waiting:
        path = waiting.pop()
        if path in found or not project.exists(path) or is_ours(project, path):
            continue
        try:
            found[path] = read(path, project.read(path))
        except SourceError:
            continue
        waiting += [included for _, included in found[path].includes]
    return dict(sorted(found.items()))


def is_ours(project: Project, path: PurePosixPath) -> bool:
    """Whether a file was written for the scripts that need torch: it is no input."""
    return path.name == TORCH_FILE and project.read(path).startswith(MARK.encode())


def _in_folder(path: PurePosixPath) -> bool:
    return path.parent.name == "requirements" and path.suffix in (".txt", ".in")


def read(path: PurePosixPath, data: bytes) -> RequirementFile:
    """Decode and parse one file. Raises SourceError for what is not text."""
    text = decode(data)
    lines = parse(text.text)
    includes = [line.include() for line in lines]
    named = tuple((kind, _beside(path, name)) for kind, name in filter(None, includes))
    return RequirementFile(path, text, lines, named)


def _beside(path: PurePosixPath, name: str) -> PurePosixPath:
    return PurePosixPath(posixpath.normpath((path.parent / name.replace("\\", "/")).as_posix()))


def chain(file: RequirementFile, files: Files, kinds: str = "r") -> Iterator[RequirementFile]:
    """The file itself and all that it includes, each once."""
    seen: set[PurePosixPath] = set()
    waiting = [file]
    while waiting:
        current = waiting.pop(0)
        if current.path not in seen:
            seen.add(current.path)
            yield current
            waiting += [files[p] for kind, p in current.includes if kind in kinds and p in files]


def family(file: RequirementFile, files: Files) -> list[RequirementFile]:
    """All files that `file` is connected with by includes, in either direction; itself first."""
    found = [file]
    for current in found:
        for other in files.values():
            linked = any(p == current.path for _, p in other.includes) or any(
                p == other.path for _, p in current.includes
            )
            if linked and other not in found:
                found.append(other)
    return found


def governed(file: RequirementFile, files: Files, project: Project) -> list[PurePosixPath]:
    """The code that is installed with `file`: that which has no nearer requirement file.

    Code with none in its folder or above, and files with no code below them, belong to all.
    """
    own, homeless = [], []
    homes = {home(other.path) for other in files.values()}
    for path in [*project.python(), *project.notebooks()]:
        nearest = next((folder for folder in path.parents if folder in homes), None)
        if nearest is None:
            homeless.append(path)
        elif nearest == home(file.path):
            own.append(path)
    if own or homeless:
        return own + homeless
    return [*project.python(), *project.notebooks()]


def home(path: PurePosixPath) -> PurePosixPath:
    """The folder whose code a file is for: `requirements/base.txt` is for the one above."""
    return path.parent.parent if path.parent.name == "requirements" else path.parent
