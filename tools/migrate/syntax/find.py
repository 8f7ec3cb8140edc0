"""Calls of known things, over the whole repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from tools.migrate.project import Project
from tools.migrate.syntax.file import PythonFile, open_files
from tools.migrate.syntax.names import references


def calls_of(
    project: Project, rule: str, targets: Mapping[str, object], *words: str
) -> Iterator[tuple[PythonFile, list[tuple[cst.Call, str]]]]:
    """Each file that calls one of `targets`, with (call, qualified name) in order.

    A name that may also stand for something else is left out.
    """
    for file in open_files(project, rule, *words):
        found = []
        for reference in references(file, targets):
            parent = file.parent(reference.node)
            called = isinstance(parent, cst.Call) and parent.func is reference.node
            if isinstance(parent, cst.Call) and called and not reference.ambiguous:
                found.append((parent, reference.origin))
        if found:
            yield file, found
