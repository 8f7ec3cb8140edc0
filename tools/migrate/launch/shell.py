"""Command lines as words with their places in the text, in the shell's own way of splitting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SPACE = re.compile(r"(?:[ \t\f\v\r]|\\\r?\n)+")
COMMENT = re.compile(r"#[^\n]*")
SEPARATOR = re.compile(r"\n|&&|\|\||;|\||&(?!>)|[(){}](?=\s|$)|\((?!\))")
PIECE = re.compile(
    r"\\."
    r"|'[^']*'"
    r"|[<>]&|&>"
    r"|`[^`]*`"
    r"|[^ \t\n\f\v\r'\"\\`$;&|]",
    re.S,
)
CLOSING = {"(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands in the text, with its quotes, and where it stands."""

    raw: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.raw)

    @property
    def quote(self) -> str:
        """The quotes around the whole word, or ""."""
        quoted = len(self.raw) > 1 and self.raw[0] == self.raw[-1] and self.raw[0] in "\"'"
        return self.raw[0] if quoted else ""

    @property
    def value(self) -> str:
        """What the word says; expansions stay as they are written."""
        text = self.raw[1:-1] if self.quote else self.raw
        return text if self.quote == "'" else re.sub(r"[\"']|\\(?=[\"'$])", "", text)

    @property
    def program(self) -> str:
        """The file name of a program, without its folder and `.exe`."""
        name = re.split(r"[\\/]", self.raw.strip("\"'"))[-1]
        return name.removesuffix(".exe")

    def saying(self, value: str) -> str:
        """Another value in the quotes of this word."""
        return f"{self.quote}{value}{self.quote}"


class Unclosed(Exception):
    """A quote or an expansion without its end."""


def commands(
    text: str, start: int = 0, end: int | None = None, *, folded: bool = False
) -> Iterator[list[Word]]:
    """The simple commands in a stretch of text; none where a quote is not closed.

    `folded`: the line ends are spaces, as in a folded scalar of YAML.
    """
    if folded:
        text = text.replace("\r", " ").replace("\n", " ")
    try:
        yield from list(_commands(text, start, len(text) if end is None else end))
    except Unclosed:
        return


def _commands(text: str, position: int, end: int) -> Iterator[list[Word]]:
    words: list[Word] = []
    while position < end:
        if match := SPACE.match(text, position, end) or COMMENT.match(text, position, end):
            position = match.end()
        elif match := SEPARATOR.match(text, position, end):
            yield words
            words = []
            position = match.end()
        else:
            # A backslash at the end and a space of another script are words of one character.
            stop = max(_word_end(text, position, end), position + 1)
            words.append(Word(text[position:stop], position))
            position = stop
    yield words


def _word_end(text: str, position: int, end: int) -> int:
    while position < end:
        if text[position] == '"':
            position = _quoted_end(text, position, end)
        elif text[position] == "$":
            position = _expansion_end(text, position, end)
        elif match := PIECE.match(text, position, end):
            if match.group() in ("\\\n", "\\\r"):
                return position
            position = match.end()
        elif text[position] in "'`":
            raise Unclosed
        else:
            return position
    return position


def _quoted_end(text: str, position: int, end: int) -> int:
    position += 1
    while position < end:
        if text[position] == "\\":
            position += 2
        elif text[position] == '"':
            return position + 1
        else:
            position += 1
    raise Unclosed


def _expansion_end(text: str, position: int, end: int) -> int:
    """Behind `$`, `${…}`, `$(…)` or `$((…))`."""
    opening = text[position + 1 : min(position + 2, end)]
    if opening not in CLOSING:
        return position + 1
    depth = 0
    for index in range(position + 1, end):
        if text[index] == opening:
            depth += 1
        elif text[index] == CLOSING[opening]:
            depth -= 1
            if not depth:
                return index + 1
    raise Unclosed
