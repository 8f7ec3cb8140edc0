"""Imports that are tried one after the other: `try: … except ImportError: …`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.langchain.homes import home
from tools.migrate.syntax.file import PythonFile

CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
Statement = cst.Import | cst.ImportFrom


def left_in_ladder(file: PythonFile, statement: Statement) -> bool:
    """Whether another import of the same names works, or is the one to put right."""
    rungs = _rungs(file, statement)
    return any(_works(rung) for rung in rungs) or (bool(rungs) and rungs[0] is not statement)


def _rungs(file: PythonFile, statement: Statement) -> list[Statement]:
    """All imports of these names that the outermost `try` around the statement attempts."""
    ladders = [a for a in file.ancestors(statement) if isinstance(a, cst.Try) and _catches(a)]
    names = set(_bound(statement))
    return [
        other
        for other in (_imports_in(file, ladders[-1]) if ladders else ())
        if names & set(_bound(other))
    ]


def _catches(ladder: cst.Try) -> bool:
    return any(handler.type is None or _names(handler.type) & CAUGHT for handler in ladder.handlers)


def _names(caught: cst.BaseExpression) -> set[str]:
    found = [e.value for e in caught.elements] if isinstance(caught, cst.Tuple) else [caught]
    return {get_full_name_for_node(name) or "" for name in found}


def _imports_in(file: PythonFile, ladder: cst.Try) -> Iterator[Statement]:
    for statement in file.nodes(cst.BaseSmallStatement):  # type: ignore[type-abstract]
        if isinstance(statement, Statement) and ladder in file.ancestors(statement):
            yield statement


def _bound(statement: Statement) -> Iterator[str]:
    if not isinstance(statement.names, cst.ImportStar):
        for alias in statement.names:
            yield alias.evaluated_alias or alias.evaluated_name.partition(".")[0]


def _works(statement: Statement) -> bool:
    """Whether all that it imports is there in LangChain 1.x, as far as can be told."""
    if isinstance(statement.names, cst.ImportStar):
        return False
    if isinstance(statement, cst.Import):
        return not any(a.evaluated_name.partition(".")[0] == "langchain" for a in statement.names)
    module = get_full_name_for_node(statement.module) if statement.module else ""
    return all(home(module or "", a.evaluated_name) == module for a in statement.names)
