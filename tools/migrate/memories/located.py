"""The same call in the tree that is edited and in the one that is asked about lifetimes."""

from __future__ import annotations

import ast

import libcst as cst

from tools.migrate.lifetime import Place, places
from tools.migrate.syntax.file import PythonFile


def place_of(file: PythonFile, node: cst.CSTNode) -> Place | None:
    """Where a call stands, for `lifetime`."""
    start, end = file.span(node)
    wanted = (*_position(file, start), *_position(file, end))
    return next((p for p in places(file.project, file.path) if _ends(p.node) == wanted), None)


def node_of(file: PythonFile, node: ast.expr) -> cst.CSTNode | None:
    """The same expression, for editing."""
    wanted = _ends(node)
    for kind in (cst.Name, cst.Attribute, cst.Subscript):
        for found in file.nodes(kind):
            start, end = file.span(found)
            if (*_position(file, start), *_position(file, end)) == wanted:
                return found
    return None


def _position(file: PythonFile, offset: int) -> tuple[int, int]:
    return file.line_at(offset), offset - file.line_start(offset)


def _ends(node: ast.AST) -> tuple[int, int, int, int] | None:
    if not isinstance(node, ast.expr):
        return None
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0
