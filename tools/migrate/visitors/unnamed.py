"""Routes that stay with the cookie's session beside routes that take the one a request names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import libcst as cst
from libcst import matchers

from tools.migrate.syntax.file import PythonFile
from tools.migrate.visitors.ids import Named, answers, named_sessions

# What a route that touches the memory calls it, or what has it.
_MEMORY = re.compile(
    r"memory|histor|conversation|chain|chatbot|reset|(?:^|_)(?:bot|agent|qa|rag)(?:_|$)", re.I
)


def report_unnamed(files: Iterable[PythonFile]) -> None:
    """Warn of the routes with another session than their neighbours: `/reset` beside `/chat`."""
    apps: dict[object, list[PythonFile]] = {}
    for file in files:
        apps.setdefault(file.project.app_root(file.path), []).append(file)
    for together in apps.values():
        named = [(file, found) for file in together for found in named_sessions(file)]
        if named:
            _report(together, *named[0], {found.function for _, found in named})


def _report(
    files: list[PythonFile], where: PythonFile, first: Named, known: set[cst.FunctionDef]
) -> None:
    name = first.expression.rpartition(".")[2]
    message = (
        "this route has the conversation of the cookie or X-Session-Id, but"
        f" {where.path}:{where.original_line(first.function)} has the one that {first.expression} names: let"
        f" this route take {name} too, and call use_session({name}) first"
    )
    for file in files:
        for function in _unnamed(file, known):
            file.note("warning", function, message)


def _unnamed(file: PythonFile, known: set[cst.FunctionDef]) -> Iterator[cst.FunctionDef]:
    for function in file.nodes(cst.FunctionDef):
        if function not in known and answers(function):
            used = matchers.findall(function.body, matchers.Name())
            if any(isinstance(n, cst.Name) and _MEMORY.search(n.value) for n in used):
                yield function
