"""The value of an expression in a file that is being edited."""

from __future__ import annotations

import ast

import libcst as cst

from tools.migrate.constants.objects import At, Scope, Unclear, scopes_around
from tools.migrate.constants.reader import Reader
from tools.migrate.parsed import parse
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.values import Known, Unknown


def told(file: PythonFile, node: cst.BaseExpression) -> Known | Unknown:
    """The value, followed through functions, classes, modules and committed settings.

    Functions and parameters count with the calls that the repository has.
    """
    reader = Reader(file.project)
    source = file.source(node)
    try:
        tree = ast.parse(f"({source}\n)", mode="eval").body
        value = reader.value(tree, At(file.path, _scopes(file, node)))
    except SyntaxError:
        return Unknown(f"{source} is no plain value")
    except Unclear as error:
        return Unknown(str(error))
    except RecursionError:
        return Unknown("it is nested too deeply")
    return Known(value, reader.overridden[0] if reader.overridden else None)


def _scopes(file: PythonFile, node: cst.CSTNode) -> tuple[Scope, ...]:
    """The scopes around a node, as the syntax tree has them."""
    tree = parse(file.project.read(file.path))
    if tree is None:
        raise Unclear("the file does not parse")
    start = file.span(node).start
    line, column = file.line_at(start), start - file.line_start(start)
    around: tuple[ast.AST, ...] = (tree,)
    while inner := _around(around[0], (line, column)):
        around = (inner, *around)
    return scopes_around(around)


def _around(node: ast.AST, place: tuple[int, int]) -> ast.AST | None:
    """The child of a node in which a place is."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr | ast.stmt | ast.excepthandler | ast.keyword):
            if (found := _around(child, place)) is not None:
                return found
            continue
        end = (child.end_lineno or 0, child.end_col_offset or 0)
        if (child.lineno, child.col_offset) <= place < end:
            return child
    return None
