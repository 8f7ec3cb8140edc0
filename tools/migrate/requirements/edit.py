"""Edits of one requirements file that leave every other byte as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tools.migrate.requirements.lines import Line
from tools.migrate.source import Text

Style = Literal["hashed", "pinned", "ranges", "bare"]


@dataclass(slots=True)
class Edit:
    """What is to become of a file. Lines are named by their number."""

    removed: set[int] = field(default_factory=set)
    replaced: dict[int, str] = field(default_factory=dict)  # number -> new requirement
    commented: set[int] = field(default_factory=set)  # on one physical line each
    here: list[str] = field(default_factory=list)  # where the first line goes, else at the end
    end: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.removed or self.replaced or self.commented or self.here or self.end)


def edited(text: Text, lines: Sequence[Line], edit: Edit) -> str:
    """The new text of a file that its lines join to, with its own line endings."""
    parts: list[str] = []
    here, newline = list(edit.here), text.newline
    for line in lines:
        if line.number in edit.removed:
            parts += [new.replace("\n", newline) + newline for new in here]
            here = []
        elif line.number in edit.replaced:
            parts.append(_replaced(line, edit.replaced[line.number]))
        else:
            parts.append("# " * (line.number in edit.commented) + line.raw)
    end = here + edit.end
    if end and parts and not parts[-1].endswith(("\n", "\r")):
        parts.append(newline)
    return "".join(parts + [new.replace("\n", newline) + newline for new in end])


def _replaced(line: Line, new: str) -> str:
    old = str(line.code)
    if old in line.raw:
        return line.raw.replace(old, new, 1)
    return new + line.ending  # it went over several physical lines


def style(lines: Sequence[Line]) -> Style:
    """How most of the lines say which version they want."""
    named = [line for line in lines if line.requirement and not line.requirement.url]
    if any(line.hashed for line in lines):
        return "hashed"
    pinned = sum(bool(line.pin) for line in named)
    ranges = sum(bool(line.requirement and line.requirement.specifier) for line in named) - pinned
    bare = len(named) - pinned - ranges
    if named and pinned >= max(ranges, bare):
        return "pinned"
    return "ranges" if ranges > bare else "bare"


def is_freeze(lines: Sequence[Line]) -> bool:
    """Whether the lines look like what `pip freeze` prints: many, all pinned, no comments."""
    named = [line for line in lines if line.requirement]
    notes = [line for line in lines if line.raw.lstrip().startswith("#")]
    exact = sum(bool(line.pin or (line.requirement and line.requirement.url)) for line in named)
    return len(named) >= 40 and exact >= 0.95 * len(named) and len(notes) <= 3
