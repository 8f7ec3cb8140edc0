"""One Python file opened for editing."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import TypeVar, cast

import libcst as cst
from libcst.metadata import ImportAssignment, Scope

from tools.migrate.generated import is_generated
from tools.migrate.parsed import why_not
from tools.migrate.project import Project
from tools.migrate.result import Kind, Note
from tools.migrate.source import SourceError, Text, decode_python
from tools.migrate.syntax.analysis import analysed
from tools.migrate.syntax.edits import Edits, Span

N = TypeVar("N", bound=cst.CSTNode)


class EditError(Exception):
    """An edit that would not give a valid file. Nothing of it is staged."""


class PythonFile:
    """A parsed file, what its nodes mean, and the edits that one rule makes in it.

    Offsets are those of the text in UTF-8, whatever the file's own encoding.
    """

    def __init__(self, project: Project, path: PurePosixPath, rule: str, text: Text) -> None:
        self.project = project
        self.path = path
        self.rule = rule
        self.text = text
        self.utf8 = text.text.encode()
        self.edits = Edits()
        self._analysis = analysed(text.text)
        self.module = self._analysis.module

    # What a node is

    def span(self, node: cst.CSTNode) -> Span:
        """Where the node stands, without its own parentheses and the space around it."""
        place = self._analysis.positions[node]
        return Span(place.start, place.start + place.length)

    def source(self, node: cst.CSTNode) -> str:
        return self.slice(self.span(node))

    def slice(self, span: Span) -> str:
        return self.utf8[span.start : span.end].decode()

    def line(self, node: cst.CSTNode) -> int:
        return self.line_at(self.span(node).start)

    def original_line(self, node: cst.CSTNode) -> int:
        """The line of the node in the file as it was, for what a person reads."""
        return self.project.original_line(self.path, self.line(node))

    def line_at(self, position: int) -> int:
        before = self.utf8[:position]
        return before.count(b"\n") + before.replace(b"\r\n", b"\n").count(b"\r") + 1

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._analysis.parents.get(node)

    def nodes(self, kind: type[N]) -> Iterator[N]:
        """Every node of a kind, in the order of the tree."""
        by_type = self._analysis.by_type
        if kind in by_type and not kind.__subclasses__():
            return iter(cast(Sequence[N], by_type[kind]))
        kinds = {found for found in by_type if issubclass(found, kind)}
        return (cast(N, node) for node in self._analysis.parents if type(node) in kinds)

    @property
    def survives(self) -> bool:
        """Whether the parsed file, written out, is the file again."""
        return self._analysis.survives

    def ancestors(self, node: cst.CSTNode) -> Iterable[cst.CSTNode]:
        """The nodes around `node`, innermost first."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def scope(self, node: cst.CSTNode) -> Scope:
        for place in (node, *self.ancestors(node)):
            scope = self._analysis.scopes.get(place)
            if scope is not None:
                return scope
        raise AssertionError("a module has a scope")

    def assigned_by(self, statement: cst.CSTNode) -> Sequence[ImportAssignment]:
        """What an import statement assigns, in any scope."""
        return self._analysis.imports.get(statement, ())

    # Lines

    def line_start(self, position: int) -> int:
        return max(self.utf8.rfind(b"\n", 0, position), self.utf8.rfind(b"\r", 0, position)) + 1

    def line_end(self, position: int) -> int:
        """Where the line's ending begins (or the end of the file)."""
        match = re.compile(rb"\r|\n").search(self.utf8, position)
        return match.start() if match else len(self.utf8)

    def indent_at(self, position: int) -> str:
        """The white space that the line of `position` begins with."""
        line = self.utf8[self.line_start(position) : self.line_end(position)]
        return line[: len(line) - len(line.lstrip(b" \t\f"))].decode()

    def newline_at(self, position: int) -> str:
        return self.text.newline_at(len(self.utf8[:position].decode()))

    # Result

    def note(self, kind: Kind, node: cst.CSTNode | int | None, message: str) -> None:
        """Add a note about a node (or a line); it names the line of the file as it was."""
        line = self.line(node) if isinstance(node, cst.CSTNode) else node
        if line is not None:
            line = self.project.original_line(self.path, line)
        self.project.note(Note(self.rule, kind, str(self.path), line, message))

    def save(self) -> bool:
        """Stage the edits. False when there are none; EditError when the result is not Python."""
        if not self.edits:
            return False
        edited = self.edits.apply(self.utf8).decode()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(edited)
            self.project.write(self.path, self.text.encode(edited))
        except (SyntaxError, SourceError) as error:
            raise EditError(f"{self.path}: the edited file would be invalid: {error}") from error
        return True


def open_files(
    project: Project,
    rule: str,
    *words: str,
    where: Callable[[PurePosixPath], bool] = lambda path: True,
) -> Iterable[PythonFile]:
    """The repository's Python files that hold one of `words`, one after the other.

    The test on the text comes first, then `where`, so that a large repository is quick.
    """
    for path in project.python():
        data = project.read(path)
        if any(word.encode() in data for word in words) and where(path):
            file = open_file(project, path, rule)
            if file is not None:
                yield file


def open_file(project: Project, path: PurePosixPath, rule: str) -> PythonFile | None:
    """The file ready for editing; None, with a note, when it cannot be edited byte for byte."""
    if is_generated(path, project.read(path)):
        _skip(project, path, None, "generated: what writes it has to be changed, not this file")
        return None
    try:
        text = decode_python(project.read(path))
        file = PythonFile(project, path, rule, text)
        survives = file.survives
    except cst.ParserSyntaxError as error:
        _skip(project, path, error.raw_line, f"does not parse: {error.message}")
    except (SourceError, ValueError, RecursionError) as error:
        _skip(project, path, None, f"does not parse: {error}")
    else:
        if survives:
            return file
        _skip(project, path, None, "its line endings do not survive parsing: left as it is")
    return None


def _skip(project: Project, path: PurePosixPath, line: int | None, reason: str) -> None:
    if why_not(project.read(path)) is None:  # else the runner names it
        project.note(Note("project", "skipped", str(path), line, reason))
