"""The edits that bound the containers of one file."""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.growth.containers import Container
from tools.migrate.growth.uses import Use
from tools.migrate.project import Project
from tools.migrate.runtime.session_dict import MAX_SESSIONS
from tools.migrate.support import require_runtime
from tools.migrate.syntax.calls import outer_span
from tools.migrate.syntax.file import PythonFile, open_file
from tools.migrate.syntax.imports import Ours, import_lines
from tools.migrate.syntax.statements import insert_after, insert_import

OURS = Ours("session_dict", "SessionDict")


class Bounds:
    """Opens the file when the first edit comes."""

    def __init__(self, project: Project, path: PurePosixPath, rule: str) -> None:
        self.project = project
        self.path = path
        self.rule = rule
        self._needs_import = False

    def forget(self, container: Container) -> bool:
        """Let a dictionary forget; False when its value cannot be edited."""
        file, value = self._file, self._value(container)
        if file is None or value is None:
            return False
        text = f"{OURS.local_name(file)}({container.factory or ''})"
        file.edits.replace(outer_span(file, value), text)
        message = (
            f"{container.name} keeps the {MAX_SESSIONS} keys used last: it kept all until a restart"
        )
        file.note("changed", value, message)
        self._needs_import = True
        return True

    def keep_tail(self, container: Container, uses: list[Use], size: int) -> bool:
        """Shorten a list behind each append; False when one of them cannot be edited."""
        appends = [use for use in uses if use.does == "append"]
        found = (self._lines.get(_statement_line(use)) for use in appends if use.path == self.path)
        lines = [line for line in found if line is not None]
        if self._file is None or len(lines) < len(appends):
            return False
        for line in lines:
            insert_after(self._file, line, f"del {container.name}[:-{size}]")
            message = f"{container.name} keeps its last {size} items, which are read"
            self._file.note("changed", line, message)
        return True

    def save(self) -> None:
        file = self.__dict__.get("_file")  # not opened for this
        if file is None:
            return
        if self._needs_import:
            require_runtime(self.project, self.project.app_root(self.path), OURS.module)
            if OURS.imported_as(file) is None:
                insert_import(file, *import_lines(file, [OURS]))
        file.save()

    @cached_property
    def _file(self) -> PythonFile | None:
        return open_file(self.project, self.path, self.rule)

    @cached_property
    def _lines(self) -> dict[int, cst.SimpleStatementLine]:
        file = self._file
        return (
            {file.line(line): line for line in file.nodes(cst.SimpleStatementLine)} if file else {}
        )

    def _value(self, container: Container) -> cst.BaseExpression | None:
        line = self._lines.get(container.line)
        for small in line.body if line else ():
            if isinstance(small, (cst.Assign, cst.AnnAssign)):
                return small.value
        return None


def _statement_line(use: Use) -> int:
    """The line of the statement that the use is alone in; 0 when it is part of another one."""
    statement = use.place.around[2] if len(use.place.around) > 2 else None
    return statement.lineno if isinstance(statement, ast.Expr) else 0
