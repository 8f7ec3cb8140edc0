"""Calls of known things, over the whole repository."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.parsed import nodes, parse
from tools.migrate.project import Project
from tools.migrate.syntax.exports import possible_origins
from tools.migrate.syntax.file import PythonFile, open_files
from tools.migrate.syntax.names import references


def calls_of(
    project: Project, rule: str, targets: Mapping[str, object], *words: str
) -> Iterator[tuple[PythonFile, list[tuple[cst.Call, str]]]]:
    """Each file that calls one of `targets`, with (call, qualified name) in order.

    A name that may also stand for something else is left out.
    """
    for file in open_files(project, rule, *words, where=lambda path: _uses(project, path, targets)):
        found = []
        for reference in references(file, targets):
            parent = file.parent(reference.node)
            called = isinstance(parent, cst.Call) and parent.func is reference.node
            if isinstance(parent, cst.Call) and called and not reference.ambiguous:
                found.append((parent, reference.origin))
        if found:
            yield file, found


def _uses(project: Project, path: PurePosixPath, targets: Mapping[str, object]) -> bool:
    """Whether a file may use one of `targets`, by its imports; True where that cannot be told."""
    tree = parse(project.read(path))
    if tree is None:
        return True
    names = {target.rpartition(".")[2] for target in targets}
    names |= {
        alias.asname for alias in nodes(tree) if isinstance(alias, ast.alias) and alias.asname
    }
    chains = {_chain(node) for node in nodes(tree) if _last(node) in names}
    return any(not possible_origins(project, path, c).isdisjoint(targets) for c in chains if c)


def _last(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _chain(node: ast.AST) -> str | None:
    """ "a.b" of `a.b`, and of `a().b` and `a[0].b` as well, as the syntax tree of libcst names them."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _chain(node.value)
        return owner and f"{owner}.{node.attr}"
    if isinstance(node, ast.Call):
        return _chain(node.func)
    return _chain(node.value) if isinstance(node, ast.Subscript) else None
