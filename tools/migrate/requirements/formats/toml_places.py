"""Where the statements of a TOML file stand. What they mean, tomllib says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'", re.S
)
COMMENT = re.compile(r"#[^\n]*")
KEY = re.compile(
    r"""[ \t]*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)[ \t]*"""
)
HEADER = re.compile(r"[ \t]*(\[\[?)" + KEY.pattern + r"\]\]?[^\n]*")


@dataclass(frozen=True, slots=True)
class Statement:
    """A header, or `key = value` in the table `table`; the span begins and ends with a line."""

    kind: Literal["table", "array", "key"]
    table: tuple[str, ...]
    key: tuple[str, ...]
    start: int
    end: int
    value: tuple[int, int]


def statements(text: str) -> Iterator[Statement]:
    """Every statement of a valid TOML text, in order."""
    table: tuple[str, ...] = ()
    position = 0
    while position < len(text):
        header = HEADER.match(text, position)
        pair = None if header else KEY.match(text, position)
        end = _line_end(text, position)
        if header:
            table = _parts(header[2])
            kind: Literal["table", "array"] = "array" if header[1] == "[[" else "table"
            yield Statement(kind, table, (), position, end, (end, end))
        elif pair and text.startswith("=", pair.end()):
            start = pair.end() + 1
            stop = _value_end(text, start)
            end = _line_end(text, stop)
            lead = len(text[start:stop]) - len(text[start:stop].lstrip())
            yield Statement("key", table, _parts(pair[1]), position, end, (start + lead, stop))
        position = end


def strings(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """(start, end, value) of the strings that an array holds itself."""
    depth = 0
    while start < end:
        if match := STRING.match(text, start, end):
            if depth == 1:
                yield match.start(), match.end(), tomllib.loads(f"v = {match.group()}")["v"]
            start = match.end()
        elif match := COMMENT.match(text, start, end):
            start = match.end()
        else:
            depth += (text[start] in "[{") - (text[start] in "]}")
            start += 1


def _value_end(text: str, position: int) -> int:
    depth, end = 0, position
    while position < len(text):
        if match := STRING.match(text, position):
            position = end = match.end()
        elif match := COMMENT.match(text, position):
            position = match.end()
        elif text[position] == "\n" and not depth:
            return end
        else:
            depth += (text[position] in "[{") - (text[position] in "]}")
            position += 1
            end = end if text[position - 1].isspace() else position
    return end


def _line_end(text: str, position: int) -> int:
    """Behind the line that `position` is in."""
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1


def _parts(key: str) -> tuple[str, ...]:
    found: list[str] = []
    table = tomllib.loads(f"{key} = 0")
    while isinstance(table, dict):
        name, table = next(iter(table.items()))
        found.append(name)
    return tuple(found)
