"""Replaces imported things by ours, in all files of a repository together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.project import Project
from tools.migrate.support import require_runtime
from tools.migrate.syntax.calls import drop_items
from tools.migrate.syntax.exports import exported
from tools.migrate.syntax.file import PythonFile, open_files
from tools.migrate.syntax.imports import (
    Imported,
    ImportStatement,
    Ours,
    import_lines,
    imported,
)
from tools.migrate.syntax.names import Reference, chains, leftmost, references
from tools.migrate.syntax.statements import delete_statement, insert_after, insert_import

TYPE_CALLS = frozenset({"isinstance", "issubclass", "cast"})


@dataclass(frozen=True, slots=True)
class Use:
    """A reference and the file that it is in."""

    file: PythonFile
    reference: Reference

    @property
    def node(self) -> cst.Name | cst.Attribute:
        return self.reference.node

    @property
    def start(self) -> cst.CSTNode:
        """The name that the use begins with, by which its import is found."""
        return leftmost(self.node)

    @property
    def call(self) -> cst.Call | None:
        """The call that `node` is the function of."""
        parent = self.file.parent(self.node)
        return parent if isinstance(parent, cst.Call) and parent.func is self.node else None

    @property
    def in_string(self) -> bool:
        """Whether the use stands in an f-string, where quotes cannot be chosen freely."""
        return any(isinstance(a, cst.FormattedString) for a in self.file.ancestors(self.node))

    @property
    def names_a_type(self) -> bool:
        """Whether only the type is meant: in an annotation, as in Dict[str, X], or for isinstance."""
        for above in self.file.ancestors(self.node):
            if isinstance(above, (cst.Annotation, cst.SubscriptElement)):
                return True
            if isinstance(above, cst.Call):
                called = isinstance(above.func, cst.Name) and above.func.value in TYPE_CALLS
                return called and above.func is not self.node
        return False


@dataclass
class SymbolRewrite:
    """The uses of some imported things in a repository, and which of them become ours.

    Look at `uses`, call `convert` for those that can be converted, then `finish`. Nothing is
    staged before that, so every file is read as it was when the rule began.
    """

    project: Project
    rule: str
    targets: Mapping[str, object]  # qualified names
    words: tuple[str, ...]  # at least one of them stands in a file that matters
    files: dict[PurePosixPath, PythonFile] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    _converted: dict[PurePosixPath, dict[cst.CSTNode, Ours]] = field(default_factory=dict)
    _added: dict[PurePosixPath, list[Ours]] = field(default_factory=dict)
    _tables: dict[PurePosixPath, list[Imported]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for file in open_files(self.project, self.rule, *self.words):
            found = [Use(file, reference) for reference in references(file, self.targets)]
            self.files[file.path] = file
            self._tables[file.path] = imported(file)
            self.uses += found

    def convert(self, use: Use, ours: Ours) -> None:
        """Write our name in the place of this use; the imports follow in `finish`."""
        use.file.edits.replace(use.file.span(use.node), ours.local_name(use.file))
        self._converted.setdefault(use.file.path, {})[use.start] = ours

    def add(self, file: PythonFile, ours: Ours) -> str:
        """Import ours in a file where it takes no name's place; returns its name there."""
        self._added.setdefault(file.path, []).append(ours)
        return ours.local_name(file)

    def finish(self, *, drop_unused: bool = False) -> list[PythonFile]:
        """Put the imports right and stage the files that changed, which are returned.

        `drop_unused`: an import of a target that nothing uses goes as well.
        """
        retired = {
            path: names
            for path, table in self._tables.items()
            if (names := [i for i in table if self._is_retired(path, i, drop_unused, frozenset())])
        }
        for path, file in self.files.items():
            if path in retired or path in self._converted or path in self._added:
                self._fix_imports(file, retired.get(path, []))
        changed = [file for file in self.files.values() if file.save()]
        for file in changed:
            root = self.project.app_root(file.path)
            converted = self._converted.get(file.path, {}).values()
            for ours in [*converted, *self._added.get(file.path, ())]:
                require_runtime(self.project, root, ours.module)
        return changed

    # Which imports are needed no more

    def _is_retired(
        self,
        path: PurePosixPath,
        name: Imported,
        drop_unused: bool,
        seen: frozenset[tuple[PurePosixPath, str]],
    ) -> bool:
        converted = self._converted.get(path, {})
        dropped = drop_unused and name.alias is not None and self._is_target(path, name)
        # What each name is used for takes long to find out: where it cannot matter it is not asked.
        if name.alias is None or not (dropped or converted):
            return False
        if not name.uses <= converted.keys() or not (name.uses or dropped):
            return False
        key = (path, name.name)
        return key in seen or not self._needed_elsewhere(path, name.name, drop_unused, seen | {key})

    def _is_target(self, path: PurePosixPath, name: Imported) -> bool:
        origin = name.origin or ""
        level = len(origin) - len(origin.lstrip("."))
        return exported(self.project, path, level, origin.lstrip(".")) <= self.targets.keys()

    def _needed_elsewhere(
        self,
        path: PurePosixPath,
        name: str,
        drop_unused: bool,
        seen: frozenset[tuple[PurePosixPath, str]],
    ) -> bool:
        """Whether `__all__` or another file takes the name from this one."""
        text = self.files[path].text.text
        if "__all__" in text and (f'"{name}"' in text or f"'{name}'" in text):
            return True
        for importer in self.project.graph.importers.get(path, ()):
            if importer not in self.files:
                # It has none of our words in it, so it takes the name only by the same name.
                if name.encode() in self.project.read(importer):
                    return True
                continue
            converted = self._converted.get(importer, {})
            other = self.files[importer]
            if any(leftmost(chain) not in converted for chain in chains(other, {name})):
                return True
            same = [i for i in self._tables[importer] if i.name == name]
            if not all(self._is_retired(importer, i, True, seen) for i in same):
                return True
        return False

    # Their statements

    def _fix_imports(self, file: PythonFile, retired: list[Imported]) -> None:
        table = self._tables[file.path]
        waiting = [
            ours
            for ours in dict.fromkeys(self._added.get(file.path, ()))
            if ours.imported_as(file) is None
        ]
        provided: set[Ours] = set()
        for statement in dict.fromkeys(name.statement for name in table):
            names = [name for name in table if name.statement is statement]
            needed = self._needed_at(file, names)
            top = not file.indent_at(file.span(statement).start)
            missing = [
                ours
                for ours in needed
                if ours.imported_as(file) is None and not (top and ours in provided)
            ]
            if top and missing:  # what else the file needs comes along
                missing += [ours for ours in waiting if ours not in needed]
                waiting = []
            provided.update(needed, missing)
            dropped = [name.alias for name in names if name in retired and name.alias]
            self._edit_statement(file, statement, names, dropped, import_lines(file, missing))
        for line in import_lines(file, [ours for ours in waiting if ours not in provided]):
            insert_import(file, line)

    def _needed_at(self, file: PythonFile, names: list[Imported]) -> list[Ours]:
        """What of ours must be imported where these names are imported now."""
        converted = self._converted.get(file.path, {})
        if names[0].alias is None:
            explained = {start for name in self._tables[file.path] for start in name.uses}
            starts = converted.keys() - explained
        else:
            starts = {start for name in names for start in name.uses}
        return list(dict.fromkeys(ours for start, ours in converted.items() if start in starts))

    def _edit_statement(
        self,
        file: PythonFile,
        statement: ImportStatement,
        names: list[Imported],
        dropped: list[cst.ImportAlias],
        lines: list[str],
    ) -> None:
        if len(dropped) == len(names):
            if lines:
                file.edits.replace(file.span(statement), lines[0])
            else:
                delete_statement(file, statement)
            lines = lines[1:]
        elif dropped:
            drop_items(file, [name.alias for name in names if name.alias], dropped)
        for line in lines:
            insert_after(file, statement, line)
