"""The commands by which a repository's own launch files start its apps."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePosixPath

from tools.migrate.entrypoints import APP_IMPORT, SHELL, ending_with
from tools.migrate.launch.commands import PYTHON, server_of
from tools.migrate.launch.commands import SHELL as SHELLS
from tools.migrate.launch.files import LaunchFile, launch_files
from tools.migrate.launch.shell import Word, commands
from tools.migrate.project import Project

# The files that say how a host starts the app come before those that may say it.
ORDER = (
    "procfile",
    "render",
    "railway",
    "fly",
    "dockerfile",
    "containerfile",
    "docker-",
    "compose",
)
PLAIN = re.compile(r"[\w@%+=:,./${}-]+")
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
LOOKS_IN = frozenset({"--app-dir", "--chdir", "--pythonpath"})
OTHER_SERVERS = frozenset({"daphne", "waitress-serve"})


@dataclass(frozen=True, slots=True)
class LaunchCommand:
    """A command that starts `path`, and the file and line that say so."""

    text: str
    folder: PurePosixPath  # where it runs
    path: PurePosixPath
    name: str | None
    said_by: str
    words: tuple[str, ...]


def launch_commands(project: Project) -> list[LaunchCommand]:
    """All of them, in the staged state, those of the likeliest files first."""
    known = dict.fromkeys(project.python())
    files = sorted(launch_files(project), key=lambda file: (_rank(file), str(file.path)))
    return [
        command for file in files if not file.for_development for command in _in_file(file, known)
    ]


def _rank(file: LaunchFile) -> tuple[int, int]:
    name = file.path.name.lower()
    kinds = (index for index, start in enumerate(ORDER) if start in name)
    return next(kinds, len(ORDER)), len(file.path.parts)


def _in_file(file: LaunchFile, known: Mapping[PurePosixPath, object]) -> Iterator[LaunchCommand]:
    folder = file.path.parent
    for words in (inner for outer in file.commands() for inner in _inside(file.text, outer)):
        if words and words[0].value == "cd" and len(words) > 1:
            moved = posixpath.normpath((folder / words[1].value).as_posix())
            folder = file.path.parent if moved.startswith("..") else PurePosixPath(moved)
            continue
        for named, name in _named(words, scripts=file.path.suffix not in SHELL):
            found = _file_of(named, folder, known, _looks_in(words))
            if found:
                path, runs_in = found
                line = file.text.count("\n", 0, words[0].start) + 1
                values = tuple(word.value for word in words)
                said = f"{file.path}:{line}"
                yield LaunchCommand(_text(words), runs_in, path, name, said, values)
                break


def _inside(text: str, words: list[Word]) -> Iterator[list[Word]]:
    """The command itself, or the ones in `sh -c "…"`."""
    shell = next((i for i, word in enumerate(words[:2]) if word.program in SHELLS), None)
    for flag, word in zip(words, words[1:], strict=False) if shell is not None else ():
        if re.fullmatch(r"-[a-z]*c", flag.value.strip("\"'")):
            inside = len(word.quote)
            yield from commands(text, word.start + inside, word.end - inside)
            return
    yield words


def _named(words: Sequence[Word], *, scripts: bool) -> Iterator[tuple[str, str | None]]:
    """(module or file, object) that a command may start, the likeliest first."""
    values = [word.value for word in words]
    server = server_of(words)
    if server or any(word.program in OTHER_SERVERS for word in words[:4]):
        targets = [APP_IMPORT.fullmatch(value.removesuffix("()")) for value in values]
        yield from ((target[1], target[2]) for target in targets if target)
        yield from ((v, None) for v in values if v.endswith(".py") or MODULE.fullmatch(v))
    elif "runserver" in values:
        yield from ((v, None) for v in values if v.endswith("manage.py"))
    elif scripts and any(PYTHON.fullmatch(word.program) for word in words[:3]):
        yield from ((v, None) for v in values if v.endswith(".py"))


def _looks_in(words: Sequence[Word]) -> PurePosixPath:
    """The folder that a server's flag names, from which it imports the module."""
    for word, following in zip_longest(words, words[1:]):
        flag, equals, given = word.value.partition("=")
        if flag in LOOKS_IN and (equals or following):
            return PurePosixPath(given if equals else following.value)
    return PurePosixPath()


def _file_of(
    named: str,
    folder: PurePosixPath,
    known: Mapping[PurePosixPath, object],
    looks_in: PurePosixPath,
) -> tuple[PurePosixPath, PurePosixPath] | None:
    """(file, folder in which the command runs): `folder`, or the one from which it is so named."""
    if named.endswith(".py"):
        ends = [PurePosixPath(posixpath.normpath(named))]
    else:
        inner = PurePosixPath(*named.split("."))
        ends = [inner.with_suffix(".py"), inner / "__init__.py"]
    longer = [looks_in / end for end in ends if looks_in.parts]
    for end in (*longer, *ends):
        for path in ending_with(end, folder, known):
            beyond = len(path.parts) - len(end.parts)
            runs_in = folder if path == folder / end else PurePosixPath(*path.parts[:beyond])
            return path, runs_in
    return None


def _text(words: Sequence[Word]) -> str:
    """The command on one line of a shell, variables as they are written."""
    return " ".join(
        word.value
        if PLAIN.fullmatch(word.value)
        else word.raw
        if "$" in word.raw
        else shlex.quote(word.value)
        for word in words
    )
