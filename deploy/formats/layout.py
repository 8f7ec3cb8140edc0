"""Puts the lines that changed into a text as a person laid it out."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher


def merged(lines: Sequence[str], laid_out: Sequence[str], new: Sequence[str]) -> list[str]:
    """`laid_out` is `lines` in the layout of `new`, line for line: what is equal there stays as in `lines`."""
    matcher = SequenceMatcher(None, laid_out, new, autojunk=False)
    result: list[str] = []
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            result += lines[start:end]
            continue
        shifted = [_shifted(line, lines, laid_out[: max(start, end)]) for line in new[first:last]]
        after = _of_what_follows(result, shifted) if kind == "insert" else []
        result += [*shifted, *after]
    return result


def _shifted(line: str, lines: Sequence[str], laid_out: Sequence[str]) -> str:
    """As far to the right as the last line before it that stood where it stands."""
    depth = _depth(line)
    for index in range(len(laid_out) - 1, -1, -1):
        if laid_out[index].strip() and _depth(laid_out[index]) == depth:
            return " " * _depth(lines[index]) + line[depth:]
    return line


def _of_what_follows(result: list[str], added: Sequence[str]) -> list[str]:
    """Take comments and empty lines off the end that stand further to the left than `added`."""
    cut = len(result)
    while cut and _is_aside(result[cut - 1], _depth(added[0])):
        cut -= 1
    after = result[cut:]
    del result[cut:]
    return after


def _is_aside(line: str, depth: int) -> bool:
    text = line.strip()
    return not text or (text.startswith("#") and _depth(line) < depth)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
