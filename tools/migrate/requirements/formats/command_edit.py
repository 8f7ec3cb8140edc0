"""Takes packages out of `pip install …` commands, and puts others in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tools.migrate.requirements.edit import Edit
from tools.migrate.requirements.formats.splice import Cut
from tools.migrate.requirements.lines import Line
from tools.migrate.source import Text

GAP = re.compile(r"(?:[ \t]|\\\r?\n)*")
BEFORE = re.compile(r"(?:[ \t]|\\\r?\n)*(?:&&|\|\|)(?:[ \t]|\\\r?\n)*\Z")
AFTER = re.compile(r"(?:[ \t]|\\\r?\n)*&&(?:[ \t]|\\\r?\n)*")
RUN = re.compile(r"[ \t]*RUN[ \t]+(?:--\S+[ \t]+)*\Z", re.I)
OPENS_A_BLOCK = re.compile(r"(?:\b(?:then|do|else)|[{(])\s*\Z")
PLAIN = re.compile(r"[\w.=,:/@+-]+")


def edited(text: Text, lines: Sequence[Line], edit: Edit) -> str:
    return CommandEdit(text.text, lines, edit).result()


@dataclass(frozen=True)
class CommandEdit:
    text: str
    lines: Sequence[Line]
    edit: Edit

    def result(self) -> str:
        parts, position = [], 0
        for cut in sorted(self._cuts()):
            parts += [self.text[position : cut.start], cut.text]
            position = max(position, cut.end)
        return "".join([*parts, self.text[position:]])

    def _cuts(self) -> Iterator[Cut]:
        named = [line for line in self.lines if line.name]
        home = next((line for line in named if self._goes(line)), named[-1] if named else None)
        for slot, members in groupby(self.lines, key=lambda line: line.slot):
            entries = list(members)
            new = [*self.edit.here, *self.edit.end] if home and home.slot == slot else []
            yield from self._in_command(entries, [quoted(text) for text in new])

    def _in_command(self, entries: list[Line], new: list[str]) -> Iterator[Cut]:
        wanted = [line for line in entries if not line.index()]
        if any(map(self._goes, wanted)) and all(map(self._goes, wanted)) and not new:
            start, end = map(int, entries[0].slot.split()[1:])
            yield self._command(start, end)
            return
        for line in entries:
            if line.number in self.edit.replaced:
                yield Cut(*line.span, quoted(self.edit.replaced[line.number]))
            elif self._goes(line) and line.name and new:
                yield Cut(*line.span, " ".join(new))
                new = []
            elif self._goes(line):
                yield Cut(self._gap_before(line.span[0]), line.span[1])
        if new:
            end = [line for line in entries if line.name][-1].span[1]
            yield Cut(end, end, "".join(f" {text}" for text in new))

    def _goes(self, line: Line) -> bool:
        return line.number in self.edit.removed

    def _gap_before(self, start: int) -> int:
        line = self.text.rfind("\n", 0, start) + 1
        while line and self.text[:line].rstrip("\r\n").endswith("\\"):
            line = self.text.rfind("\n", 0, line - 1) + 1
        stops = [m.start() for m in GAP.finditer(self.text, line, start) if m.end() == start]
        return stops[0] if stops else start

    def _command(self, start: int, end: int) -> Cut:
        """Delete a command with its `&&`, or with its line; `:` stays where a block needs one."""
        before, after = BEFORE.search(self.text, 0, start), AFTER.match(self.text, end)
        if before:
            return Cut(before.start(), end)
        if after:
            return Cut(start, after.end())
        line = self.text.rfind("\n", 0, start) + 1
        line_end = self.text.find("\n", end)
        line_end = len(self.text) if line_end < 0 else line_end + 1
        alone = not self.text[end:line_end].strip()
        opened = OPENS_A_BLOCK.search(self.text, 0, line)
        if alone and (RUN.match(self.text, line, start) or (line == start and not opened)):
            return Cut(self._comments_above(line), line_end)
        return Cut(start, end, ":")

    def _comments_above(self, line: int) -> int:
        """Where the comments begin that say why torch is installed here."""
        while line:
            above = self.text.rfind("\n", 0, line - 1) + 1
            comment = self.text[above:line].strip().lower()
            if not (comment.startswith("#") and "torch" in comment):
                break
            line = above
        return line


def quoted(requirement: str) -> str:
    """A requirement as a word of the shell."""
    if PLAIN.fullmatch(requirement):
        return requirement
    return f"'{requirement}'" if '"' in requirement else f'"{requirement}"'
