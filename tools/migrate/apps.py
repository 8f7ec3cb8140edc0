"""Edits beside the line that makes an app object."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from tools.migrate.entrypoints import EntryPoint
from tools.migrate.project import Project
from tools.migrate.syntax.file import PythonFile, open_file


@dataclass(frozen=True)
class App:
    """An app object in a file opened for editing."""

    entry: EntryPoint
    file: PythonFile
    statement: cst.SimpleStatementLine  # that makes the object
    name: str  # the variable that holds it

    @property
    def block(self) -> list[cst.BaseStatement | cst.SimpleStatementLine]:
        """The statements of the same block, the app's own included."""
        parent = self.file.parent(self.statement)
        assert isinstance(parent, (cst.Module, cst.IndentedBlock))
        return list(parent.body)

    @property
    def call(self) -> cst.Call | None:
        """The call that makes the object."""
        for small in self.statement.body:
            if isinstance(small, (cst.Assign, cst.AnnAssign)) and isinstance(small.value, cst.Call):
                return small.value
        return None


def apps(project: Project, rule: str, *kinds: str) -> list[App]:
    """The app objects of these kinds, each file opened once, in the staged state.

    An app that its file mounts below another one is left out: the outer app answers for it.
    """
    files: dict[str, PythonFile | None] = {}
    found = []
    for entry in project.entry_points():
        if entry.kind in kinds and entry.name:
            key = str(entry.path)
            if key not in files:
                files[key] = open_file(project, entry.path, rule)
            file = files[key]
            statement = _statement(file, entry) if file else None
            if file and statement and not _mounted(file, entry.name):
                found.append(App(entry, file, statement, entry.name))
    return found


def _mounted(file: PythonFile, name: str) -> bool:
    return any(
        isinstance(call.func, cst.Attribute)
        and call.func.attr.value == "mount"
        and any(isinstance(a.value, cst.Name) and a.value.value == name for a in call.args)
        for call in file.nodes(cst.Call)
    )


def _statement(file: PythonFile, entry: EntryPoint) -> cst.SimpleStatementLine | None:
    """The statement that assigns the app: rules before may have moved it to another line."""
    lines = [
        line
        for line in file.nodes(cst.SimpleStatementLine)
        if any(_assigns(small, entry.name or "") for small in line.body)
    ]
    by_distance = sorted(lines, key=lambda line: abs(_original(file, line) - entry.line))
    return by_distance[0] if by_distance else None


def _original(file: PythonFile, line: cst.CSTNode) -> int:
    return file.project.original_line(file.path, file.line(line))


def _assigns(statement: cst.BaseSmallStatement, name: str) -> bool:
    """Whether it is `name = something(…)`."""
    if not isinstance(getattr(statement, "value", None), cst.Call):
        return False
    targets = [t.target for t in statement.targets] if isinstance(statement, cst.Assign) else []
    targets += [statement.target] if isinstance(statement, cst.AnnAssign) else []
    return any(isinstance(target, cst.Name) and target.value == name for target in targets)
