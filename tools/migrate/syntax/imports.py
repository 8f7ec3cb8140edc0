"""The names that a file imports, and what of ours it imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.parsed import parse
from tools.migrate.project import RUNTIME
from tools.migrate.syntax.exports import bindings
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.names import leftmost
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


@dataclass(frozen=True, eq=False)
class Imported:
    """One name that one statement imports; `alias` is None for a star import."""

    file: PythonFile
    statement: ImportStatement
    alias: cst.ImportAlias | None

    @cached_property
    def name(self) -> str:
        """As the file uses it; dotted for `import a.b`, "*" for a star import."""
        return _local_name(self.alias) if self.alias else "*"

    @cached_property
    def origin(self) -> str | None:
        """As written: "langchain.memory.X", "..sub.X"; None for a star import."""
        return _origin(self.statement, self.alias) if self.alias else None

    @cached_property
    def uses(self) -> frozenset[cst.CSTNode]:
        """The names that its uses begin with."""
        if self.alias is None:
            return frozenset()
        plain = self.alias.asname is None and isinstance(self.statement, cst.Import)
        # `import a.b` assigns a.b and a: a use of either needs the statement.
        own = [
            assignment
            for assignment in self.file.assigned_by(self.statement)
            if assignment.name == self.name
            or (plain and self.name.startswith(f"{assignment.name}."))
        ]
        return frozenset(leftmost(access.node) for a in own for access in a.references)


def imported(file: PythonFile) -> list[Imported]:
    """Every imported name of every scope, in the order of the statements."""
    found = []
    for statement in file.nodes(cst.BaseSmallStatement):  # type: ignore[type-abstract]
        if isinstance(statement, ImportStatement):
            names = statement.names
            aliases = [None] if isinstance(names, cst.ImportStar) else names
            found += [Imported(file, statement, alias) for alias in aliases]
    return found


def _origin(statement: ImportStatement, alias: cst.ImportAlias) -> str:
    name = get_full_name_for_node(alias.name) or ""
    if isinstance(statement, cst.Import):
        return name
    module = get_full_name_for_node(statement.module) if statement.module else ""
    return f"{'.' * len(statement.relative)}{module}{'.' if module else ''}{name}"


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
