"""Which files may say how the app is started, and the commands in each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from tools.migrate.entrypoints import is_test
from tools.migrate.launch import containers, structured
from tools.migrate.launch.shell import Word, commands
from tools.migrate.project import Project
from tools.migrate.result import Kind, Note
from tools.migrate.source import SourceError, Text, decode
from tools.migrate.syntax.edits import Edits, Span

Reader = Callable[[str], Iterator[list[Word]]]
Readers = tuple[tuple[re.Pattern[str], Reader], ...]
LARGEST = 1 << 20
LOGICAL_LINE = re.compile(r"(?:[^\n]*\\\r?\n)*[^\n]*\n?")
PROCFILE_LINE = re.compile(r"^[\w-]+:[ \t]*(.*)$", re.M)
INI_LINE = re.compile(r"^[ \t]*(?:command|ExecStart)[ \t]*=[ \t]*(.*)$", re.M)
# A file so named is for the developer's own machine, where reloading is meant.
DEVELOPMENT = re.compile(
    r"(?<![a-z])(dev|devel|development|local|debug|test|tests|override)(?![a-z])"
)
HIDDEN = {PurePosixPath(".flaskenv"), PurePosixPath(".streamlit/config.toml")}


def in_script(text: str) -> Iterator[list[Word]]:
    """Line by line, so that one quote that is not closed hides no other command."""
    for line in LOGICAL_LINE.finditer(text):
        yield from commands(text, *line.span())


def _after(pattern: re.Pattern[str]) -> Reader:
    def read(text: str) -> Iterator[list[Word]]:
        for match in pattern.finditer(text):
            yield from commands(text, *match.span(1))

    return read


def _nothing(text: str) -> Iterator[list[Word]]:
    """A file that holds variables alone."""
    yield from ()


READERS: Readers = (
    (re.compile(r"procfile(\.[\w-]+)?"), _after(PROCFILE_LINE)),
    (re.compile(r"(.*\.)?dockerfile(\.[\w-]+)?|containerfile"), containers.started),
    (re.compile(r".*\.(sh|bash|bat|cmd|ps1)"), in_script),
    (re.compile(r".*\.ya?ml"), structured.in_yaml),
    (re.compile(r"(railway|nixpacks|fly|railpack)[\w.-]*\.toml"), structured.in_toml),
    (re.compile(r"(railway|nixpacks|railpack)[\w.-]*\.json"), structured.in_json),
    (re.compile(r"app\.json|\.flaskenv|config\.toml"), _nothing),
    (re.compile(r"supervisor.*\.(conf|ini)|.*\.service"), _after(INI_LINE)),
)


class LaunchFile:
    """A launch file opened for editing; positions are those of its text."""

    def __init__(self, project: Project, path: PurePosixPath, reader: Reader, text: Text) -> None:
        self.project = project
        self.path = path
        self.text = text.text
        self._encoding = text
        self._reader = reader
        self._edits = Edits()

    @property
    def for_development(self) -> bool:
        return DEVELOPMENT.search(self.path.name.lower()) is not None

    def commands(self) -> Iterator[list[Word]]:
        return self._reader(self.text)

    def replace(self, start: int, end: int, text: str) -> None:
        offsets = (len(self.text[:position].encode()) for position in (start, end))
        self._edits.replace(Span(*offsets), text)

    def note(self, rule: str, kind: Kind, position: int, message: str) -> None:
        line = self.text.count("\n", 0, position) + 1
        line = self.project.original_line(self.path, line)
        self.project.note(Note(rule, kind, str(self.path), line, message))

    def save(self) -> None:
        if self._edits:
            edited = self._edits.apply(self.text.encode()).decode()
            self.project.write(self.path, self._encoding.encode(edited))


def launch_files(project: Project, readers: Readers = READERS) -> Iterable[LaunchFile]:
    """The launch files of a repository. Workflows, hidden folders and vendored files are none."""
    for path in project.paths():
        reader = _reader(path, readers)
        if reader is None or path in project.tree.vendored or is_test(path):
            continue
        data = project.read(path)
        if len(data) <= LARGEST:
            try:
                yield LaunchFile(project, path, reader, decode(data))
            except SourceError:
                continue


def _reader(path: PurePosixPath, readers: Readers) -> Reader | None:
    hidden = any(part.startswith(".") for part in path.parts)
    if hidden and not any(
        path.is_relative_to(h) or path.parts[-len(h.parts) :] == h.parts for h in HIDDEN
    ):
        return None
    if path.name == "config.toml" and path.parent.name != ".streamlit":
        return None
    name = path.name.lower()
    return next((reader for pattern, reader in readers if pattern.fullmatch(name)), None)
