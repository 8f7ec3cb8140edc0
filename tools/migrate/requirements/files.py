"""The requirement files of a repository, and which of its code each of them is for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from tools.migrate.requirements.distributions import is_stack
from tools.migrate.requirements.edit import Edit
from tools.migrate.requirements.formats import COMMANDS, PIP, Format, format_of
from tools.migrate.requirements.lines import Line
from tools.migrate.source import SourceError, Text, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

TORCH_FILE = "requirements-torch.txt"
RUNTIME_PACKAGES = frozenset({"onnxruntime", "tokenizers"})
NAME = re.compile(r"[\s<>=!~;@\[]")
MARK = "# For the scripts that need torch, and only for them (fit512):"
# Scripts in such a folder are for the code beside it.
OF_THE_FOLDER_ABOVE = frozenset({"requirements", "bin", "scripts", "docker", ".devcontainer"})


@dataclass(frozen=True, slots=True)
class RequirementFile:
    """One file, decoded. `includes` are the files that its -r and -c lines name."""

    path: PurePosixPath
    text: Text
    lines: tuple[Line, ...]
    includes: tuple[tuple[str, PurePosixPath], ...] = ()
    format: Format = PIP

    @property
    def runs_pip(self) -> bool:
        """Whether it is a Dockerfile or a script: new packages rather go into a list."""
        return self.format in COMMANDS

    def edited(self, edit: Edit) -> bytes:
        """The new bytes. Raises SourceError when the file would not list what it should."""
        text = self.format.edited(self.text, self.lines, edit)
        expected = [
            line.name
            for line in self.lines
            if line.name and line.number not in edit.removed | edit.replaced.keys()
        ]
        new = [*edit.replaced.values(), *edit.here, *edit.end]
        expected += [canonicalize_name(NAME.split(requirement)[0]) for requirement in new]
        found = [line.name for line in self.format.parse(text) if line.name]
        broken = text != self.text.text and not self.format.valid(text)
        if broken or sorted(expected) != sorted(found):
            raise SourceError("is written in a way that cannot be edited safely")
        return self.text.encode(text)

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
        if path not in project.tree.vendored and (format_of(path) or _in_folder(path))
    ]
    while waiting:
        path = waiting.pop()
        if path in found or not project.exists(path) or is_ours(project, path):
            continue
        try:
            file = read(path, project.read(path), project)
        except SourceError:
            continue
        if _lists_packages(file):
            found[path] = file
            waiting += [included for _, included in file.includes]
    return dict(sorted(found.items()))


def is_ours(project: Project, path: PurePosixPath) -> bool:
    """Whether a file was written for the scripts that need torch: it is no input."""
    return path.name == TORCH_FILE and project.read(path).startswith(MARK.encode())


def _in_folder(path: PurePosixPath) -> bool:
    return path.parent.name == "requirements" and path.suffix in (".txt", ".in")


def _lists_packages(file: RequirementFile) -> bool:
    """Of other formats only files that name packages count; of commands, those of torch's."""
    if file.runs_pip:
        return any(map(is_stack, file.names)) or file.names >= RUNTIME_PACKAGES
    stack = any(map(is_stack, file.names))
    return (
        file.format is PIP
        or stack
        or any(line.name and not line.for_development for line in file.lines)
    )


def read(path: PurePosixPath, data: bytes, project: Project) -> RequirementFile:
    """Decode and parse one file. Raises SourceError for what is not text."""
    text, kind = decode(data), format_of(path) or PIP
    lines = kind.parse(text.text)
    named = [line.include() for line in lines]
    includes = tuple((kind, _beside(path, name, project)) for kind, name in filter(None, named))
    return RequirementFile(path, text, lines, includes, kind)


def _beside(path: PurePosixPath, name: str, project: Project) -> PurePosixPath:
    """The file that another one names; a Dockerfile may have copied it from elsewhere."""
    found = PurePosixPath(posixpath.normpath((path.parent / name.replace("\\", "/")).as_posix()))
    if not project.exists(found) and format_of(path) in COMMANDS:
        same = [other for other in project.paths() if other.name == found.name]
        near = [other for other in same if other.parent == path.parent]
        return near[0] if near else same[0] if len(same) == 1 else found
    return found


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


def limits(files: Iterable[RequirementFile]) -> frozenset[PurePosixPath]:
    """The files that install nothing: named by -c alone, and not a list of their own.

    A list for development names by -c what another command installs (`-c requirements.txt`).
    """
    included = [(kind, path, file.path) for file in files for kind, path in file.includes]
    listed = {path for kind, path, _ in included if kind == "r"}
    return frozenset(
        path
        for kind, path, by in included
        if kind == "c" and path not in listed and path != by and _only_limits(path, by)
    )


def _only_limits(path: PurePosixPath, by: PurePosixPath) -> bool:
    named = format_of(path) is not None or _in_folder(path)
    of_the_app = by.stem == "requirements" != path.stem
    return not named or "constraint" in path.name.lower() or of_the_app


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
    above = path.parent.name in OF_THE_FOLDER_ABOVE
    return path.parent.parent if above else path.parent
