"""Names commands with several workers in a Makefile or package.json, which stay as they are.

A recipe may be for the developer's own machine: nothing says that the host starts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from tools.migrate.launch.commands import server_of
from tools.migrate.launch.count import count
from tools.migrate.launch.files import LaunchFile, Readers, launch_files
from tools.migrate.launch.servers import SERVERS
from tools.migrate.launch.shell import Word, commands
from tools.migrate.project import Project

RECIPE = re.compile(r"^(?:\t[ \t]*|[^\s#:=][^#:=\n]*:(?!=)[^;#\n]*;[ \t]*)[@+-]*", re.M)
LOGICAL_LINE = re.compile(r"(?:[^\n]*\\\r?\n)*[^\n]*")
SCRIPTS = re.compile(r'"scripts"\s*:\s*\{')
SCRIPT = re.compile(r'\s*"(?:[^"\\\n]|\\.)*"\s*:\s*"((?:[^"\\\n]|\\.)*)"\s*,?')


def note_recipes(project: Project, rule: str) -> None:
    """Say of each such command that the host should start one worker."""
    for file in launch_files(project, READERS):
        for words in file.commands():
            _note(file, rule, words)


def _note(file: LaunchFile, rule: str, words: Sequence[Word]) -> None:
    name, arguments = server_of(words) or ("", [])
    flags = SERVERS[name].workers if name else ()
    for word, said in _workers(flags, arguments):
        if count(said).one is not None or count(said).unclear:
            message = (
                f"{name} with {said} workers, each of which loads the app and its model: left as it"
                " is, as nothing says that the host starts this. There one worker fits"
            )
            file.note(rule, "skipped", word.start, message)


def _workers(flags: Sequence[str], arguments: Sequence[Word]) -> Iterator[tuple[Word, str]]:
    """(flag, what it says) of the flags that name a number of workers."""
    for word, following in zip_longest(arguments, arguments[1:]):
        flag, equals, given = word.value.partition("=")
        if flag in flags and (equals or following):
            yield word, given if equals else following.value
        elif "-w" in flags and re.fullmatch(r"-w.+", word.value):
            yield word, word.value[2:]


def _in_makefile(text: str) -> Iterator[list[Word]]:
    for recipe in RECIPE.finditer(text):
        if line := LOGICAL_LINE.match(text, recipe.end()):
            yield from commands(text, *line.span())


def _in_package_json(text: str) -> Iterator[list[Word]]:
    for scripts in SCRIPTS.finditer(text):
        script = SCRIPT.match(text, scripts.end())
        while script:
            yield from commands(text, *script.span(1))
            script = SCRIPT.match(text, script.end())


READERS: Readers = (
    (re.compile(r"(gnu)?makefile|.*\.mk"), _in_makefile),
    (re.compile(r"package\.json"), _in_package_json),
)
