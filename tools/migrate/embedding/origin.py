"""Whose an embedder is that the code passes on: ours, or another one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
from libcst.metadata import Assignment

from tools.migrate.parsed import imported_modules, parse
from tools.migrate.project import RUNTIME, Project
from tools.migrate.syntax.exports import LOCAL
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.names import origins_of
from tools.migrate.syntax.values import assigned_value

OURS = f"{RUNTIME}.onnx_embeddings.OnnxEmbeddings"
EMBEDDER = re.compile(r"\w+Embeddings?|SentenceTransformer")
BASES = frozenset({"Embeddings", "OnnxEmbeddings", "CacheBackedEmbeddings"})


def is_ours(file: PythonFile, node: cst.BaseExpression) -> bool:
    """Whether the embedder is one that was converted.

    What cannot be followed (a parameter, another module's function) is ours when the repository
    makes no other embedder.
    """
    known = _known(file, node, 0)
    return known if known is not None else next(other_embedders(file.project), None) is None


def other_embedders(project: Project) -> Iterator[tuple[str, int, str]]:
    """(path, line, name) of every imported embedding class that is not ours."""
    for path in project.python():
        tree = parse(project.read(path))
        for level, module, line, names in imported_modules(tree) if tree else ():
            if project.graph.resolve(path, level, module) or module.startswith(RUNTIME):
                continue
            for name in names:
                if EMBEDDER.fullmatch(name) and name not in BASES:
                    yield str(path), line, name


def values_of(file: PythonFile, name: cst.Name) -> list[cst.BaseExpression] | None:
    """The expressions that a name is assigned; None when one of its values cannot be seen."""
    found = []
    for assignment in file.scope(name)[name.value]:
        value = (
            assigned_value(file, assignment.node) if isinstance(assignment, Assignment) else None
        )
        if value is None:
            return None
        found.append(value)
    return found


def _known(file: PythonFile, node: cst.BaseExpression, depth: int) -> bool | None:
    if depth > 5:
        return None
    if isinstance(node, cst.Call):
        origins = origins_of(file, node.func)
        if origins == {OURS}:
            return True
        return None if not origins or LOCAL in origins else False
    if isinstance(node, cst.Name):
        values = values_of(file, node)
        if values:
            known = {_known(file, value, depth + 1) for value in values}
            return known.pop() if len(known) == 1 else None
    return None
