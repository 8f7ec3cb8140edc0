"""Cuts whole statements out of a file, with what belongs to them alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import libcst as cst

from tools.migrate.syntax.edits import Span
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.statements import whole_lines


@dataclass
class Cuts:
    """Collected cuts: nothing is edited before `made` is read."""

    file: PythonFile
    goes_anyway: Callable[[cst.CSTNode], bool]  # for simple statements that others delete
    made: dict[Span, tuple[str, cst.CSTNode]] = field(default_factory=dict)  # span -> new text

    def holds(self, node: cst.CSTNode) -> bool:
        start, end = self.file.span(node)
        return any(cut.start <= start and end <= cut.end for cut in self.made)

    def replace(self, node: cst.CSTNode, span: Span, text: str) -> None:
        """Put `text` in the place of `span`, which is `node` with its parentheses or lines."""
        self.made[span] = (text, node)

    def lines(self, node: cst.CSTNode) -> None:
        """Cut a statement with its lines; `pass` stays in a block that would be empty."""
        block = self.file.parent(node)
        if isinstance(block, cst.IndentedBlock) and all(
            other is node or self._line_goes(other) for other in block.body
        ):
            self.replace(node, self.file.span(node), "pass")
        else:
            self.replace(node, self._around(whole_lines(self.file, self.file.span(node))), "")

    def unwrap(self, node: cst.CSTNode, block: cst.BaseSuite) -> None:
        """Put a block in the place of the statement around it, one level less indented."""
        if not isinstance(block, cst.IndentedBlock) or _has_long_strings(self.file.source(block)):
            return
        whole = whole_lines(self.file, self.file.span(node))
        first = self.file.span(block.body[0]).start
        inner, outer = self.file.indent_at(first), self.file.indent_at(whole.start)
        start = self._comments_above(self.file.line_start(first), b"")
        lines = self.file.slice(Span(start, whole.end)).splitlines(keepends=True)
        if all(line.startswith(inner) or not line.strip() for line in lines):
            moved = [outer + line[len(inner) :] if line.strip() else line for line in lines]
            self.replace(node, whole, "".join(moved))

    def _line_goes(self, line: cst.CSTNode) -> bool:
        small = line.body if isinstance(line, cst.SimpleStatementLine) else ()
        return self.holds(line) or (bool(small) and all(map(self.goes_anyway, small)))

    def _around(self, span: Span) -> Span:
        """The lines with the comments about torch right above, and one of two blank lines."""
        start = self._comments_above(span.start, b"torch")
        end = self.file.line_end(span.end)
        above = self._start_of_cuts(start)
        blank_above = self.file.utf8[:above].endswith((b"\n\n", b"\r\n\r\n"))
        if blank_above and end == span.end < len(self.file.utf8):
            return Span(start, end + len(self.file.newline_at(end)))
        return Span(start, span.end)

    def _start_of_cuts(self, position: int) -> int:
        """Where the cuts begin that end right here."""
        while before := [cut.start for cut in self.made if cut.end == position != cut.start]:
            position = before[0]
        return position

    def _comments_above(self, start: int, word: bytes) -> int:
        """Where the comments right above a line begin that hold the word."""
        text = self.file.utf8
        while start:
            ending = 2 if text[:start].endswith(b"\r\n") else 1
            above = self.file.line_start(start - ending)
            line = text[above:start].strip().lower()
            if not (line.startswith(b"#") and word in line):
                break
            start = above
        return start


def _has_long_strings(source: str) -> bool:
    return '"""' in source or "'''" in source
