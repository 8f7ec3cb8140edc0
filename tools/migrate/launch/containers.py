"""The instructions of a Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.migrate.launch.shell import Word, commands

INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)(?:[ \t]+|$)")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction with its continued lines: `name` in capitals, the body from start to end."""

    name: str
    start: int
    end: int


def instructions(text: str) -> Iterator[Instruction]:
    """Every instruction; comments and the parser's directives are none."""
    position = 0
    while position < len(text):
        end = _line_end(text, position)
        match = INSTRUCTION.match(text, position, end)
        if match:
            while text[position:end].rstrip().endswith("\\") and end < len(text):
                position = end + 1
                end = _line_end(text, position)
                while text[position:end].lstrip().startswith("#") and end < len(text):
                    position, end = end + 1, _line_end(text, end + 1)
            yield Instruction(match[1].upper(), match.end(), end)
        position = end + 1


def started(text: str) -> Iterator[list[Word]]:
    """The commands that run when the container starts: of CMD and ENTRYPOINT, in both forms."""
    for instruction in instructions(text):
        if instruction.name in ("CMD", "ENTRYPOINT"):
            start, end = instruction.start, instruction.end
            if text[start:end].startswith("["):
                yield [Word(m.group(), m.start()) for m in STRING.finditer(text, start, end)]
            else:
                yield from commands(text, start, end)


def _line_end(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found
