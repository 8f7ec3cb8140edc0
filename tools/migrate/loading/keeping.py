"""Writes the decorator that keeps what a function gave."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst
from packaging.version import Version

from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.requirements.files import requirement_files
from tools.migrate.syntax.exports import bindings
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import names_in
from tools.migrate.syntax.statements import insert_import

CACHE_RESOURCE_SINCE = Version("1.18")


@dataclass(frozen=True, slots=True)
class Keeper:
    """A decorator, and the import that it needs."""

    text: str
    needs: str = ""


def streamlit_keeper(file: PythonFile, function: ast.FunctionDef) -> Keeper | None:
    """Streamlit's own, where the file has imported it by then and the version has it.

    Without its spinner: that would be drawn before `st.set_page_config`, which must come first.
    """
    tree = parse(file.project.read(file.path))
    for node in tree.body if tree and not _is_old(file.project) else ():
        for alias in node.names if isinstance(node, ast.Import) else ():
            if alias.name == "streamlit" and node.lineno < function.lineno:
                return Keeper(f"@{alias.asname or alias.name}.cache_resource(show_spinner=False)")
    return None


def python_keeper(file: PythonFile) -> Keeper | None:
    """functools.lru_cache, unless the name means something else in the file."""
    tree = parse(file.project.read(file.path))
    for name, found in bindings(tree).items() if tree else ():
        if found == [(0, "functools.lru_cache")]:
            return Keeper(f"@{name}(maxsize=1)")
        if found == [(0, "functools")]:
            return Keeper(f"@{name}.lru_cache(maxsize=1)")
    if "lru_cache" in names_in(file):
        return None
    return Keeper("@lru_cache(maxsize=1)", "from functools import lru_cache")


def keep(file: PythonFile, function: ast.FunctionDef, keeper: Keeper) -> None:
    """Put the decorator over a function of the file's top level that has none."""
    node = next(n for n in file.nodes(cst.FunctionDef) if file.line(n) == function.lineno)
    start = file.span(node).start
    file.edits.insert(start, keeper.text + file.newline_at(start))
    if keeper.needs:
        insert_import(file, keeper.needs)


def _is_old(project: Project) -> bool:
    """Whether a requirement file holds Streamlit back."""
    return any(
        specifier.operator in ("==", "<", "<=", "~=")
        and Version(specifier.version.removesuffix(".*")) < CACHE_RESOURCE_SINCE
        for file in requirement_files(project).values()
        for line in file.lines
        if line.requirement is not None and line.name == "streamlit"
        for specifier in line.requirement.specifier
    )
