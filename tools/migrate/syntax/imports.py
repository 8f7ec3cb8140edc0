"""The names that a file imports, and what of ours it imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import BaseAssignment, ImportAssignment

from tools.migrate.parsed import parse
from tools.migrate.project import RUNTIME
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.names import bindings, leftmost
from tools.migrate.syntax.statements import insert_import

ImportStatement = cst.Import | cst.ImportFrom


@dataclass(frozen=True, slots=True)
class Ours:
    """Something that a converted file imports from the runtime package."""

    module: str  # "window_memory"
    name: str  # "WindowMemory"

    def local_name(self, file: PythonFile) -> str:
        """The name it has in `file`: its own, or another one where that means something else."""
        imported = self.imported_as(file)
        if imported:
            return imported
        if self.name not in names_in(file):
            return self.name
        return f"fit512_{self.name}" if self.name.islower() else f"Fit512{self.name}"

    def imported_as(self, file: PythonFile) -> str | None:
        """The name under which the file's top level imports it already."""
        tree = parse(file.project.read(file.path))
        for name, found in bindings(tree).items() if tree else ():
            if found == [(0, f"{RUNTIME}.{self.module}.{self.name}")]:
                return name
        return None

    def clause(self, file: PythonFile) -> str:
        """What stands behind `import`."""
        local = self.local_name(file)
        return self.name if local == self.name else f"{self.name} as {local}"


def import_lines(file: PythonFile, needed: Iterable[Ours]) -> list[str]:
    """The import statements for `needed`, one for each module."""
    clauses: dict[str, list[str]] = {}
    for ours in dict.fromkeys(needed):
        clauses.setdefault(ours.module, []).append(ours.clause(file))
    return [
        f"from {RUNTIME}.{module} import {', '.join(sorted(names))}"
        for module, names in clauses.items()
    ]


@dataclass(frozen=True, slots=True)
class Imported:
    """One name that one statement imports; `alias` is None for a star import."""

    statement: ImportStatement
    alias: cst.ImportAlias | None
    name: str  # as the file uses it; dotted for `import a.b`
    origins: frozenset[str]  # as written: "langchain.memory.X", "..sub.X"
    uses: frozenset[cst.CSTNode]  # the names that its uses begin with


def imported(file: PythonFile) -> list[Imported]:
    """Every imported name of every scope, in the order of the statements."""
    assigned: dict[cst.CSTNode, list[BaseAssignment]] = {}
    for scope in file.scopes():
        for assignment in scope.assignments:
            if isinstance(assignment, ImportAssignment):
                assigned.setdefault(assignment.node, []).append(assignment)
    found = []
    for statement in file.nodes(cst.BaseSmallStatement):  # type: ignore[type-abstract]
        if not isinstance(statement, ImportStatement):
            continue
        if isinstance(statement.names, cst.ImportStar):
            found.append(Imported(statement, None, "*", frozenset(), frozenset()))
            continue
        for alias in statement.names:
            found.append(_imported(file, statement, alias, assigned.get(statement, [])))
    return found


def _imported(
    file: PythonFile,
    statement: ImportStatement,
    alias: cst.ImportAlias,
    assignments: list[BaseAssignment],
) -> Imported:
    plain = alias.asname is None and isinstance(statement, cst.Import)
    name = _local_name(alias)
    # `import a.b` assigns a.b and a: a use of either needs the statement.
    own = [a for a in assignments if a.name == name or (plain and name.startswith(f"{a.name}."))]
    origins = {q.name for a in own if a.name == name for q in a.get_qualified_names_for(a.name)}
    uses = {leftmost(access.node) for a in own for access in a.references}
    return Imported(statement, alias, name, frozenset(origins), frozenset(uses))


def _local_name(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return get_full_name_for_node(alias.name) or ""


def import_from(file: PythonFile, wanted: Mapping[str, str]) -> bool:
    """Import each name from its module at the file's top, where it is not; False if one is taken."""
    tree = parse(file.project.read(file.path))
    bound = bindings(tree) if tree else {}
    missing = [name for name in wanted if bound.get(name) != [(0, f"{wanted[name]}.{name}")]]
    if any(name in names_in(file) for name in missing):
        return False
    for name in missing:
        insert_import(file, f"from {wanted[name]} import {name}")
    return True


def names_in(file: PythonFile) -> frozenset[str]:
    """The names that a file uses or defines: not those behind a dot, nor a call's keywords."""
    hidden = {id(node.attr) for node in file.nodes(cst.Attribute)}
    hidden |= {id(node.keyword) for node in file.nodes(cst.Arg)}
    return frozenset(node.value for node in file.nodes(cst.Name) if id(node) not in hidden)
