"""Edits of entries at known places in a text: in lists with commas, or on lines of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from tools.migrate.requirements.edit import Edit
from tools.migrate.requirements.lines import Line
from tools.migrate.source import Text

Render = Callable[[str, Line], str]  # (requirement, entry that it stands beside) -> text
COMMA = re.compile(r"[ \t]*,")
SEPARATOR = re.compile(r"[ \t]*,[ \t]*")
BEFORE = re.compile(r",(?=[ \t]*\Z)[ \t]*")
LINE_END = re.compile(r"#|[\r\n]|$")
REST = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|$)")


class Cut(NamedTuple):
    """New text in the place of a stretch."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True)
class Splice:
    """One edit of one text. Slots named `list…` have commas; others, a line for each entry."""

    text: Text
    lines: Sequence[Line]
    edit: Edit
    render: Render
    into: str = ""  # the slot for new entries, else that of the first removed

    def result(self) -> str:
        parts, position = [], 0
        for cut in sorted(self._cuts()):
            parts += [self.text.text[position : cut.start], cut.text]
            position = cut.end
        return "".join([*parts, self.text.text[position:]])

    def _cuts(self) -> Iterator[Cut]:
        home = self._home()
        for line in self.lines:
            if line.number in self.edit.replaced:
                text = self.render(self.edit.replaced[line.number], line)
                yield Cut(*line.span, text + ("" if _is_list(line) else line.ending))
        for slot, members in groupby(self.lines, key=lambda line: line.slot):
            entries = list(members)
            new = [*self.edit.here, *self.edit.end] if home and home.slot == slot else []
            rendered = [self.render(requirement, home) for requirement in new if home]
            yield from (
                self._in_list(entries, rendered)
                if _is_list(entries[0])
                else self._in_lines(entries, rendered)
            )

    def _home(self) -> Line | None:
        """The entry by which new ones go: the first that is removed, else the main list's last."""
        named = [line for line in self.lines if line.name]
        named = [line for line in named if line.slot == self.into] or named
        gone = [line for line in named if self._goes(line)]
        main = [line for line in named if not line.for_development] or named
        return next(iter(gone or [line for line in main[::-1] if line.slot == main[0].slot]), None)

    def _goes(self, line: Line) -> bool:
        return line.number in self.edit.removed

    # On lines of their own

    def _in_lines(self, entries: list[Line], new: list[str]) -> Iterator[Cut]:
        added = "".join(text + self.text.newline for text in new)
        for line in entries:
            if self._goes(line):
                yield Cut(*line.span, added)
                added = ""
        if added:
            end = entries[-1].span[1]
            begins = self.text.text[:end].endswith(("\n", "\r"))
            yield Cut(end, end, added if begins else self.text.newline + added)

    # In lists

    def _in_list(self, entries: list[Line], new: list[str]) -> Iterator[Cut]:
        for _, row in groupby(entries, key=lambda line: line.line):
            members = list(row)
            runs = list(self._runs(members))
            whole = self._whole_row(members) if runs == [members] else None
            if whole:
                yield self._row_of(whole, members[0], new)
                new = []
                continue
            for run in runs:
                yield self._run(run[0].span[0], run[-1].span[1], new)
                new = []
        if new:
            yield from self._append(entries[-1], new)

    def _runs(self, row: list[Line]) -> Iterator[list[Line]]:
        """The entries that go, those together that have nothing but a comma between them."""
        run: list[Line] = []
        for line in row:
            between = self.text.text[run[-1].span[1] : line.span[0]] if run else ""
            if run and not (self._goes(line) and SEPARATOR.fullmatch(between)):
                yield run
                run = []
            if self._goes(line):
                run.append(line)
        if run:
            yield run

    def _run(self, start: int, end: int, new: list[str]) -> Cut:
        """Delete a part of a row with the comma behind it, else with the one before it."""
        if new:
            return Cut(start, end, ", ".join(new))
        text = self.text.text
        line = max(text.rfind(c, 0, start) for c in "\r\n") + 1
        comma = SEPARATOR.match(text, end)
        before = BEFORE.search(text, line, start)
        if comma and before and LINE_END.match(text, comma.end()):
            gap = before.start() + 1  # the comma that stays is the one before
            return Cut(before.end() if text.startswith("#", comma.end()) else gap, comma.end())
        if comma:
            return Cut(start, comma.end())
        return Cut(before.start() if before else start, end)

    def _row_of(self, whole: tuple[int, int], first: Line, new: list[str]) -> Cut:
        indent = self.text.text[whole[0] : first.span[0]]
        return Cut(*whole, "".join(f"{indent}{n},{self.text.newline}" for n in new))

    def _whole_row(self, row: list[Line]) -> tuple[int, int] | None:
        """The row with its line ending, where nothing else stands on it but a comment."""
        text = self.text.text
        start = max(text.rfind(c, 0, row[0].span[0]) for c in "\r\n") + 1
        rest = REST.match(text, row[-1].span[1])
        if not rest or text[start : row[0].span[0]].strip() or not start:
            return None
        ending = re.compile(r"\r\n|\r|\n|$").match(text, rest.end())
        return start, ending.end() if ending else rest.end()

    def _append(self, last: Line, new: list[str]) -> Iterator[Cut]:
        whole, end = self._whole_row([last]), last.span[1]
        if whole is None:
            yield Cut(end, end, "".join(f", {text}" for text in new))
            return
        if not COMMA.match(self.text.text, end):
            yield Cut(end, end, ",")
        _, _, text = self._row_of(whole, last, new)
        yield Cut(whole[1], whole[1], text)


def _is_list(line: Line) -> bool:
    return line.slot.startswith("list")
