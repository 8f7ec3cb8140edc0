"""A class whose import may fail: `except ImportError: ConversationBufferMemory = None`.

The name is asked about elsewhere (`if ConversationBufferMemory is None`), so it stays, and ours is
imported under it.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst
from libcst.metadata import Assignment, BaseAssignment, ImportAssignment

from tools.migrate.memories.classes import WINDOWS
from tools.migrate.project import RUNTIME
from tools.migrate.support import require_runtime
from tools.migrate.syntax.calls import drop_items
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import Imported, Ours, imported
from tools.migrate.syntax.statements import insert_after
from tools.migrate.syntax.symbols import Use
from tools.migrate.syntax.values import assigned_value


@dataclass(frozen=True)
class Fallback:
    """One such name, and the statements that import it."""

    file: PythonFile
    name: str
    imports: list[Imported]

    def import_instead(self, ours: Ours) -> None:
        """Import `ours` under this name wherever the old class was."""
        line = f"from {RUNTIME}.{ours.module} import {ours.name} as {self.name}"
        for old in self.imports:
            names = [
                i.alias for i in imported(self.file) if i.statement is old.statement and i.alias
            ]
            if len(names) == 1:
                self.file.edits.replace(self.file.span(old.statement), line)
            else:
                drop_items(self.file, names, [a for a in names if a is old.alias])
                insert_after(self.file, old.statement, line)
        require_runtime(self.file.project, self.file.project.app_root(self.file.path), ours.module)


def fallback_of(use: Use) -> Fallback | None:
    """What `use` names, when it is such a class, imported by itself or beside other things."""
    if not isinstance(use.node, cst.Name):
        return None
    file, name = use.file, use.node.value
    assignments = list(file.scope(use.node)[name])
    imports = [a for a in assignments if isinstance(a, ImportAssignment)]
    if not imports or not all(a in imports or _is_none(file, a) for a in assignments):
        return None
    table = imported(file)
    own = [i for i in table if i.name == name]
    beside = [i for i in table if any(i.statement is o.statement for o in own)]
    if any(i.origin not in WINDOWS for i in own):
        return None
    if any(i not in own and i.origin in WINDOWS for i in beside):
        return None  # two such names in one statement: each would be edited twice
    return Fallback(file, name, own)


def _is_none(file: PythonFile, assignment: BaseAssignment) -> bool:
    if not isinstance(assignment, Assignment):
        return False
    value = assigned_value(file, assignment.node)
    return isinstance(value, cst.Name) and value.value == "None"
