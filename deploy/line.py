"""A command line cut into its simple commands, in the shell's own way of splitting."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

_PIECE = re.compile(
    r"(?P<joint>&&|\|\||;|\||(?<![<>])&(?!>))"
    r"|\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|[^\\'\"`$&|;]+|[$&]",
    re.S,
)
# They make one command of several, which has no last one that could take the shell's place.
_NAMING = frozenset({"install", "echo"})
_PARENTHESIS = re.compile(r"[()]")
_COMMENT = re.compile(r"(?:^|(?<=\s))#")
_KEYWORD = re.compile(r"(?:[({]|!|(?:if|then|elif|else|fi|for|while|until|do|done|case|esac)\b)")


@dataclass(frozen=True, slots=True)
class Part:
    """A simple command without the blanks around it, and the operator before it ("" at first)."""

    joint: str
    text: str


def parts(line: str) -> list[Part] | None:
    """The simple commands of one line of a shell, without a comment behind them; None where it cannot
    be told: (…), if, a quote open."""
    found, joint, text, position = [], "", "", 0
    while position < len(line):
        match = _PIECE.match(line, position)
        if match is None:
            return None
        if match["joint"]:
            found.append(Part(joint, text.strip()))
            joint, text = match["joint"], ""
            position = match.end()
            continue
        piece = match.group()
        plain = piece[0] not in "\\'\"`$" or piece == "$"
        comment = _COMMENT.search(text[-1:] + piece, len(text[-1:])) if plain else None
        if comment:
            piece = piece[: comment.start() - len(text[-1:])]
        if plain and _PARENTHESIS.search(piece):
            return None
        text += piece
        position = len(line) if comment else match.end()
    found.append(Part(joint, text.strip()))
    if any(_KEYWORD.match(part.text) for part in found):
        return None
    return found


def programs(command: str) -> list[str]:
    """What a simple command may run, each word without its folder; [] where it only names programs."""
    words = command.split()
    return [] if _NAMING.intersection(words) else [word.rpartition("/")[2] for word in words]


def at_once(found: Sequence[Part]) -> bool:
    """Whether several of them run at the same time."""
    return any(part.joint in ("&", "|") for part in found)


def each(line: str, change: Callable[[str], str]) -> str:
    """The line with each of its simple commands changed; as it is where that cannot be told."""
    found = parts(line)
    if found is None:
        return line
    return joined([replace(part, text=change(part.text)) for part in found])


def joined(found: Sequence[Part]) -> str:
    """The line again, with one blank around each operator and none before `;`."""
    text = "".join(
        f"{'' if part.joint in (';', '') else ' '}{part.joint} {part.text}" for part in found
    )
    return text.strip()
