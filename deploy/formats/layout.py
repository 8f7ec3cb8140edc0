"""Puts the lines that changed into a text as a person laid it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher


class Unaligned(Exception):
    """The two texts differ in more than their layout."""


def aligned(text: str, laid_out: Sequence[str]) -> list[str]:
    """The part of `text` that each line of `laid_out` stands for: that line, or a value over several.

    Together they are `text`. Raises Unaligned.
    """
    lines = iter(text.splitlines(keepends=True))
    parts = [_part(lines, _bare(line)) for line in laid_out]
    rest = "".join(lines)
    if _bare(rest) or not parts:
        raise Unaligned
    return [*parts[:-1], parts[-1] + rest]


def _part(lines: Iterator[str], wanted: str) -> str:
    part = ""
    for line in lines:
        part += line
        if _bare(part) == wanted:
            return part
    raise Unaligned


def _bare(text: str) -> str:
    return "".join(text.split())


def merged(parts: Sequence[str], laid_out: Sequence[str], new: Sequence[str]) -> list[str]:
    """`parts` are those of `laid_out`, and `new` is in its layout: what is equal there stays as it was."""
    matcher = SequenceMatcher(None, laid_out, new, autojunk=False)
    result: list[str] = []
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            result += parts[start:end]
            continue
        shifted = [_shifted(line, parts, laid_out[: max(start, end)]) for line in new[first:last]]
        after = _of_what_follows(result, shifted) if kind == "insert" else []
        result += [*shifted, *after]
    return result


def _shifted(line: str, parts: Sequence[str], laid_out: Sequence[str]) -> str:
    """As far to the right as the last line of its kind before it that stood where it stands."""
    for index in range(len(laid_out) - 1, -1, -1):
        if laid_out[index].strip() and _place(laid_out[index]) == _place(line):
            return " " * _depth(parts[index]) + line[_depth(line) :]
    return line


def _of_what_follows(result: list[str], added: Sequence[str]) -> list[str]:
    """Take comments and empty lines off the end that stand further to the left than `added`."""
    cut = len(result)
    while cut and _is_aside(result[cut - 1], _depth(added[0])):
        cut -= 1
    after = result[cut:]
    del result[cut:]
    return after


def _is_aside(part: str, depth: int) -> bool:
    text = part.strip()
    return not text or (text.startswith("#") and _depth(part) < depth)


def _place(line: str) -> tuple[int, bool]:
    """A key and an item of a list may stand at one depth, and be moved apart."""
    return _depth(line), line.lstrip().startswith("- ")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
