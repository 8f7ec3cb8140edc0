"""Puts the imports of one file right: `from langchain.x import A, B as C`."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.langchain.homes import Gone, home
from tools.migrate.langchain.ladders import left_in_ladder
from tools.migrate.syntax.calls import drop_items
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.statements import insert_after

PACKAGES = ("langchain", "langchain_core", "langchain_community")


def rewrite_from_imports(file: PythonFile) -> None:
    for statement in list(file.nodes(cst.ImportFrom)):
        module = langchain_module(file, statement)
        if module is None or left_in_ladder(file, statement):
            continue
        if isinstance(statement.names, cst.ImportStar):
            _note_star(file, statement, module)
        else:
            _rewrite(file, statement, module, statement.names)


def langchain_module(file: PythonFile, statement: cst.ImportFrom) -> str | None:
    """The module that is imported from, where it is LangChain's and not the repository's own."""
    module = get_full_name_for_node(statement.module) if statement.module else None
    if statement.relative or module is None or not is_langchain(file, module):
        return None
    return module


def is_langchain(file: PythonFile, module: str) -> bool:
    top = module.partition(".")[0]
    return top in PACKAGES and file.project.graph.resolve(file.path, 0, top) is None


def _rewrite(
    file: PythonFile,
    statement: cst.ImportFrom,
    module: str,
    names: Sequence[cst.ImportAlias],
) -> None:
    assert statement.module is not None
    by_home: dict[str, list[cst.ImportAlias]] = {}
    for alias in names:
        place = home(module, alias.evaluated_name)
        if isinstance(place, Gone):
            _note_gone(file, alias, module, place)
        by_home.setdefault(module if isinstance(place, Gone) else place, []).append(alias)
    # What stays where it was keeps the statement, else what comes first.
    first = module if module in by_home else next(iter(by_home))
    others = {place: found for place, found in by_home.items() if place != first}
    if first != module:
        file.edits.replace(file.span(statement.module), first)
    if others:
        drop_items(file, names, [alias for found in others.values() for alias in found])
    for place, found in others.items():
        clauses = ", ".join(_clause(file, alias) for alias in found)
        insert_after(file, statement, f"from {place} import {clauses}")
    moved = [
        f"{', '.join(alias.evaluated_name for alias in found)} to {place}"
        for place, found in by_home.items()
        if place != module
    ]
    if moved:
        file.note("changed", statement, f"moved in LangChain 1.x: {'; '.join(moved)}")


def _clause(file: PythonFile, alias: cst.ImportAlias) -> str:
    if alias.asname is None:
        return alias.evaluated_name
    return f"{alias.evaluated_name} as {alias.evaluated_alias}"


def _note_gone(file: PythonFile, alias: cst.ImportAlias, module: str, gone: Gone) -> None:
    name = alias.evaluated_name
    message = f"LangChain 1.x has no {module}.{name}; nearest: {gone.instead}"
    file.note("refused", alias, message)


def _note_star(file: PythonFile, statement: cst.ImportFrom, module: str) -> None:
    message = (
        f"LangChain 1.x has no {module}, and a star does not say which names are meant: import"
        " them by name, then run this again"
    )
    file.note("skipped", statement, message)
