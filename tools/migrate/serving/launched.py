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
from tools.migrate.launch.files import LaunchFile, launch_files
from tools.migrate.launch.shell import Word
from tools.migrate.project import Project
from tools.migrate.serving.lines import Part, inside, lines

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
REDIRECTION = re.compile(r"\d*(?:>>?|<|[<>]&|&>)[^\"']*")
RELEASE = re.compile(r"^release:[ \t]*\Z", re.M)  # what Heroku runs before the app, and ends
SOURCES = frozenset({".", "source"})  # of a virtual environment: a host has one for the app
NEWLINE = "\n"
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
    """One for each line: what its server starts, else its last script."""
    home = folder = file.path.parent
    for line in lines(file):
        if RELEASE.search(file.text[: line.start]):
            continue
        # A script goes on where its last line went; another line has a shell of its own.
        begins = folder = folder if file.path.suffix in SHELL else home
        kept: list[tuple[Part, PurePosixPath]] = []
        for part in line.parts:
            words = [word.value for word in part.words]
            if words[0] == "cd" and len(words) > 1:
                moved = posixpath.normpath((folder / words[1]).as_posix())
                folder = home if moved.startswith("..") else PurePosixPath(moved)
                begins = begins if kept else folder
                if not kept:
                    continue
            if not (words[0] in SOURCES and words[-1].endswith("activate")):
                kept.append((part, folder))
        text = _line_text([part for part, _ in kept], line.trailing)
        said = f"{file.path}:{file.text.count(NEWLINE, 0, line.start) + 1}"
        starts = (_started(file, part, here, begins, known) for part, here in _likeliest(kept))
        for path, name, runs_in, values in filter(None, starts):
            yield LaunchCommand(text, runs_in, path, name, said, values)
            break


def _likeliest(kept: Sequence[tuple[Part, PurePosixPath]]) -> list[tuple[Part, PurePosixPath]]:
    """The servers of a line, then the rest from its end: what comes before prepares."""
    servers = [found for found in kept if _is_server(found[0].words)]
    return servers + [found for found in reversed(kept) if found not in servers]


def _started(
    file: LaunchFile,
    part: Part,
    here: PurePosixPath,
    begins: PurePosixPath,
    known: Mapping[PurePosixPath, object],
) -> tuple[PurePosixPath, str | None, PurePosixPath, tuple[str, ...]] | None:
    """(file, object, folder in which the line begins, words) of a command that starts something."""
    for words in inside(file.text, part.words):
        for named, name in _named(words, scripts=file.path.suffix not in SHELL):
            found = _file_of(named, here, known, _looks_in(words))
            if found:
                path, runs_in = found
                values = tuple(word.value for word in words)
                return path, name, runs_in if here == begins else begins, values
    return None


def _is_server(words: Sequence[Word]) -> bool:
    others = any(word.program in OTHER_SERVERS for word in words[:4])
    return others or server_of(words) is not None or any(w.value == "runserver" for w in words)


def _named(words: Sequence[Word], *, scripts: bool) -> Iterator[tuple[str, str | None]]:
    """(module or file, object) that a command may start, the likeliest first."""
    values = [word.value for word in words]
    if _is_server(words) and "runserver" not in values:
        targets = [APP_IMPORT.fullmatch(value.removesuffix("()")) for value in values]
        yield from ((target[1], target[2]) for target in targets if target)
        yield from ((v, None) for v in values if v.endswith(".py") or MODULE.fullmatch(v))
    elif "runserver" in values:
        yield from ((v, None) for v in values if v.endswith("manage.py"))
    elif scripts and any(PYTHON.fullmatch(word.program) for word in words[:3]):
        # Without runserver it migrates, or collects files, and ends.
        yield from ((v, None) for v in values if v.endswith(".py") and not v.endswith("manage.py"))


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


def _line_text(parts: Sequence[Part], trailing: str) -> str:
    """The commands on one line of a shell, joined as they are there."""
    text = "".join(
        f"{'' if part.joint in ('', ';') else ' '}{part.joint} {_text(part.words)}"
        if index
        else _text(part.words)
        for index, part in enumerate(parts)
    )
    return f"{text} {trailing}".strip()


def _text(words: Sequence[Word]) -> str:
    """The command on one line of a shell, variables as they are written."""
    return " ".join(
        word.value
        if PLAIN.fullmatch(word.value)
        else word.raw
        if "$" in word.raw or REDIRECTION.fullmatch(word.raw)
        else shlex.quote(word.value)
        for word in words
    )
