"""The lines of a launch file, each with all the commands that one shell runs for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.migrate.entrypoints import SHELL
from tools.migrate.launch.commands import SHELL as SHELLS
from tools.migrate.launch.files import LaunchFile
from tools.migrate.launch.shell import Word, commands

SIGNS = re.compile(r"[\s(){}&|;]*")
TRAILING = re.compile(r"[ \t]*(&(?!&)|\|(?!\|))")


@dataclass(frozen=True, slots=True)
class Part:
    """A simple command, and the operator before it ("" at the begin of a line)."""

    joint: str
    words: list[Word]


@dataclass(frozen=True, slots=True)
class Line:
    """Never empty; `trailing` is what still follows: the & of a process in the background, or a |."""

    parts: tuple[Part, ...]
    trailing: str

    @property
    def start(self) -> int:
        """Where its first word stands in the text."""
        return self.parts[0].words[0].start


def lines(file: LaunchFile) -> Iterator[Line]:
    """Those of the file; the line inside where one is `sh -c "…"` and nothing else."""
    script = file.path.suffix in SHELL
    for line in _grouped(file.text, file.commands(), script=script):
        words = line.parts[0].words
        inner = list(inside(file.text, words)) if len(line.parts) == 1 else []
        if inner and inner[0] is not words:
            yield from _grouped(file.text, inner, script=False)
        else:
            yield line


def inside(text: str, words: list[Word]) -> Iterator[list[Word]]:
    """The command itself, or the ones in `sh -c "…"`."""
    shell = next((i for i, word in enumerate(words[:2]) if word.program in SHELLS), None)
    for flag, word in zip(words, words[1:], strict=False) if shell is not None else ():
        if re.fullmatch(r"-[a-z]*c", flag.value.strip("\"'")):
            quote = len(word.quote)
            yield from commands(text, word.start + quote, word.end - quote)
            return
    yield words


def _grouped(text: str, found: Iterable[list[Word]], *, script: bool) -> Iterator[Line]:
    parts: list[Part] = []
    for words in filter(None, found):
        joint = _joint(text, parts[-1].words, words, script=script) if parts else None
        if parts and joint is None:
            yield _line(text, parts)
            parts = []
        parts.append(Part(joint or "", words))
    if parts:
        yield _line(text, parts)


def _line(text: str, parts: list[Part]) -> Line:
    trailing = TRAILING.match(text, parts[-1].words[-1].end)
    return Line(tuple(parts), trailing[1] if trailing else "")


def _joint(text: str, before: list[Word], after: list[Word], *, script: bool) -> str | None:
    """What joins two commands; None where they stand on lines of their own."""
    between = text[before[-1].end : after[0].start]
    if not between or not SIGNS.fullmatch(between):
        return None
    # Line ends separate commands: a script runs its lines one by one, and others are one command.
    return between.strip() or (None if script else ";")
