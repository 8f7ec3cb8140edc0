"""Who imports whom: tells what is served from what is only run by hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from tools.migrate.entrypoints import (
    EntryPoint,
    cli_loop,
    in_code,
    in_launch_file,
    launch_text,
    started_in,
)
from tools.migrate.parsed import imported_modules, parse

TOP = PurePosixPath(".")
SETTINGS = re.compile(r"\w+(\.\w+)+")  # as DJANGO_SETTINGS_MODULE names it


class Graph:
    """The import graph of a repository's Python files, read once from their original bytes."""

    def __init__(
        self, sources: Mapping[PurePosixPath, bytes], launch_files: Mapping[PurePosixPath, bytes]
    ) -> None:
        self._trees = {path: parse(data) for path, data in sources.items()}
        self._module_files: dict[tuple[PurePosixPath, str], PurePosixPath | None] = {}
        self._edges = {path: self._imports(path) for path in self._trees}
        self.importers = self._reverse()
        self._roots: dict[PurePosixPath, PurePosixPath] = {}
        self.entry_points: list[EntryPoint] = []
        self._find_entry_points(launch_files)
        self.served = frozenset(self._roots)
        self._place_the_rest()

    def imported_by(self, path: PurePosixPath) -> frozenset[PurePosixPath]:
        """The files that `path` imports, itself not included."""
        return frozenset(self._edges.get(path, {}))

    def reached(self, path: PurePosixPath) -> frozenset[PurePosixPath]:
        """`path` and all that it imports, directly or not."""
        seen: set[PurePosixPath] = set()
        waiting = [path]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                waiting.extend(self._edges.get(current, ()))
        return frozenset(seen)

    def root_of(self, path: PurePosixPath) -> PurePosixPath:
        """The folder that is sys.path[0] when `path` runs or is imported."""
        if path not in self._roots:
            inside = [root for root in set(self._roots.values()) if path.is_relative_to(root)]
            return max(inside, key=lambda root: len(root.parts), default=TOP)
        return self._roots[path]

    def resolve(
        self, path: PurePosixPath, level: int, module: str
    ) -> tuple[PurePosixPath, PurePosixPath] | None:
        """(file, root) of a module that `path` imports, when it is one of the repository's."""
        if level:
            base = path.parents[min(level, len(path.parents)) - 1]
            found = self._module_file(base, module)
            return (found, self._package_root(path)) if found else None
        for root in path.parents:
            found = self._module_file(root, module)
            if found and found != path:
                return found, root
        return None

    def _module_file(self, root: PurePosixPath, module: str) -> PurePosixPath | None:
        if (root, module) not in self._module_files:  # the files of a folder import the same ones
            self._module_files[root, module] = self._find_module(root, module)
        return self._module_files[root, module]

    def _find_module(self, root: PurePosixPath, module: str) -> PurePosixPath | None:
        inner = root.joinpath(*module.split(".")) if module else root
        for file in (inner.parent / f"{inner.name}.py" if module else None, inner / "__init__.py"):
            if file is not None and file in self._trees:
                return file
        return None

    def _imports(self, path: PurePosixPath) -> dict[PurePosixPath, PurePosixPath | None]:
        """Imported file -> the root that it was found from (None for a relative import)."""
        found: dict[PurePosixPath, PurePosixPath | None] = {}
        tree = self._trees[path]
        for level, module, _, names in imported_modules(tree) if tree else ():
            # `from package import module` names a file one level further down.
            inner = [f"{module}.{name}" if module else name for name in names if name != "*"]
            for name in [module, *inner]:
                place = self.resolve(path, level, name) if name or level else None
                if place and place[0] != path:
                    found.setdefault(place[0], None if level else place[1])
        return found

    def _reverse(self) -> dict[PurePosixPath, frozenset[PurePosixPath]]:
        importers: dict[PurePosixPath, set[PurePosixPath]] = {path: set() for path in self._trees}
        for path, edges in self._edges.items():
            for imported in edges:
                importers[imported].add(path)
        return {path: frozenset(found) for path, found in importers.items()}

    def _find_entry_points(self, launch_files: Mapping[PurePosixPath, bytes]) -> None:
        named: dict[PurePosixPath, PurePosixPath] = {}
        for file, data in launch_files.items():
            for entry, root in in_launch_file(file, launch_text(data), self._trees):
                named[entry.path] = root
                self.entry_points.append(entry)
        for path, tree in self._trees.items():
            self.entry_points.extend(in_code(path, tree) if tree else ())
        self.entry_points.extend(self._started_elsewhere())
        self.entry_points = self.entry_points or self._terminal_apps()
        self.entry_points.sort(key=lambda entry: (str(entry.path), entry.line))
        # What a launched file imports is found from where that is started.
        for entry in sorted(self.entry_points, key=lambda entry: entry.path not in named):
            django = self._django_root(entry.path) if entry.kind == "django" else None
            self._place(entry.path, named.get(entry.path, django))
            if entry.kind == "django":
                self._place_django(entry.path)

    def _started_elsewhere(self) -> list[EntryPoint]:
        """Where an app that one file makes is started by a file that imports it."""
        found = {
            started_in(importer, tree, entry.kind)
            for entry in self.entry_points
            for importer in self.importers.get(entry.path, ())
            if (tree := self._trees[importer])
        }
        return [entry for entry in found if entry is not None]

    def _terminal_apps(self) -> list[EntryPoint]:
        found = (cli_loop(path, tree) for path, tree in self._trees.items() if tree)
        return [entry for entry in found if entry is not None]

    def _django_root(self, path: PurePosixPath) -> PurePosixPath | None:
        """The folder from which the settings module that the file names can be imported."""
        tree = self._trees[path] or ast.Module([], [])
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
        modules = [text for text in texts if isinstance(text, str) and SETTINGS.fullmatch(text)]
        found = (root for root in path.parents for m in modules if self._module_file(root, m))
        return next(found, None)

    def _place_django(self, path: PurePosixPath) -> None:
        """Django imports its apps by the strings in its settings: all below the project counts."""
        root = self._roots[path]
        for other in self._trees:
            if other.is_relative_to(root):
                self._roots.setdefault(other, root)

    def _place_the_rest(self) -> None:
        """Scripts run by hand, and what only they import."""
        rest = [path for path in self._trees if path not in self._roots]
        scripts = [path for path in rest if not self.importers[path]]
        for path in [*scripts, *rest]:
            self._place(path, None)

    def _place(self, path: PurePosixPath, root: PurePosixPath | None) -> None:
        """Give `path` and all that it imports one root; what has one keeps it."""
        if path in self._roots:
            return
        root = root if root is not None else self._likely_root(path)
        waiting = [path]
        while waiting:
            current = waiting.pop()
            if current not in self._roots:
                self._roots[current] = root
                waiting.extend(self._edges[current])
                waiting.extend(self._packages(current))

    def _packages(self, path: PurePosixPath) -> Iterable[PurePosixPath]:
        """The `__init__.py` files that run when `path` is imported from its root."""
        root = self._roots[path]
        for folder in path.parents:
            if (
                folder != root
                and folder.is_relative_to(root)
                and folder / "__init__.py" in self._trees
            ):
                yield folder / "__init__.py"

    def _likely_root(self, path: PurePosixPath) -> PurePosixPath:
        """Where the file's own absolute imports resolve from; else its folder, out of its package."""
        roots = [root for root in self._edges[path].values() if root is not None]
        if roots:
            return min(roots, key=lambda root: len(root.parts))
        return self._package_root(path) if self._is_relative(path) else path.parent

    def _is_relative(self, path: PurePosixPath) -> bool:
        tree = self._trees[path]
        return path.name == "__init__.py" or any(
            isinstance(node, ast.ImportFrom) and node.level for node in (tree.body if tree else ())
        )

    def _package_root(self, path: PurePosixPath) -> PurePosixPath:
        folder = path.parent
        while folder / "__init__.py" in self._trees and folder != TOP:
            folder = folder.parent
        return folder
