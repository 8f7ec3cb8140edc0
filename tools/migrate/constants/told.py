"""The value of an expression in a file that is being edited."""

from __future__ import annotations

import ast

import libcst as cst

from tools.migrate.constants.lookup import scopes_around
from tools.migrate.constants.objects import At, Unclear
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
    return Known(value, reader.overridden[0] if reader.overridden else None)


def _scopes(
    file: PythonFile, node: cst.CSTNode
) -> tuple[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, ...]:
    """The scopes around a node, as the syntax tree has them."""
    tree = parse(file.project.read(file.path))
    if tree is None:
        raise Unclear("the file does not parse")
    wanted = [
        (type(above).__name__, file.line(above.name))
        for above in file.ancestors(node)
        if isinstance(above, cst.FunctionDef | cst.ClassDef)
    ]
    around: tuple[ast.AST, ...] = (tree,)
    for kind, line in reversed(wanted):
        inner = next(
            (
                found
                for found in ast.walk(around[0])
                if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                and isinstance(found, ast.ClassDef) == (kind == "ClassDef")
                and found.lineno == line
            ),
            None,
        )
        if inner is None:
            raise Unclear("its place in the file cannot be told")
        around = (inner, *around)
    return scopes_around(around)
