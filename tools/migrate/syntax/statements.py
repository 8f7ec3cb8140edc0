"""Deleting and adding whole statements."""

from __future__ import annotations

import re

import libcst as cst

from tools.migrate.syntax.edits import Span
from tools.migrate.syntax.file import PythonFile

PATH_EDIT = re.compile(r"\bsys\.path\s*(?:\.(?:insert|append|extend)\s*\(|\[?:?\]?\s*\+?=[^=])")


def line_of(
    file: PythonFile, node: cst.CSTNode
) -> cst.SimpleStatementLine | cst.SimpleStatementSuite:
    """The line of statements that `node` is in; behind a colon, what stands there."""
    for above in (node, *file.ancestors(node)):
        if isinstance(above, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
            return above
    raise ValueError("not in a simple statement")


def delete_statement(file: PythonFile, statement: cst.BaseSmallStatement) -> None:
    """Delete one simple statement with its line; a block that would be empty gets `pass`."""
    line = file.parent(statement)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1:
        file.edits.replace(file.span(statement), "pass")
        return
    block = file.parent(line)
    body = block.body if isinstance(block, (cst.Module, cst.IndentedBlock)) else ()
    if not isinstance(block, cst.Module) and len(body) == 1:
        file.edits.replace(file.span(statement), "pass")
        return
    file.edits.delete(whole_lines(file, file.span(line)))


def insert_after(file: PythonFile, statement: cst.CSTNode, text: str) -> None:
    """Put a line behind the line that `statement` is in, at the same indentation."""
    line = line_of(file, statement)
    start, end = file.span(line)
    if isinstance(line, cst.SimpleStatementSuite):
        file.edits.insert(file.span(line.body[-1]).end, f"; {text}")
        return
    at = file.line_end(end)
    file.edits.insert(at, file.newline_at(at) + file.indent_at(start) + text)


def whole_lines(file: PythonFile, span: Span) -> Span:
    """The span from the start of its first line to the end of its last, line ending included."""
    end = file.line_end(span.end)
    newline = len(file.newline_at(end)) if end < len(file.utf8) else 0
    return Span(file.line_start(span.start), end + newline)


def insert_import(file: PythonFile, text: str) -> None:
    """Put an import behind the imports that the file begins with.

    Where the file changes sys.path at its top level, it goes behind that: it may need it.
    """
    start = _behind_path_edits(file)
    last = file.module.body[start - 1] if start else None
    for line in file.module.body[start:]:
        if not isinstance(line, cst.SimpleStatementLine):
            break
        if all(isinstance(small, (cst.Import, cst.ImportFrom)) for small in line.body):
            last = line
        elif last is not None or not _is_docstring(line):
            break
    if last is not None:
        at = file.line_end(file.span(last).end)
        file.edits.insert(at, file.newline_at(at) + text)
        return
    first = next(
        (
            n
            for n in file.module.body
            if not (isinstance(n, cst.SimpleStatementLine) and _is_docstring(n))
        ),
        None,
    )
    at = file.line_start(file.span(first).start) if first is not None else len(file.utf8)
    file.edits.insert(at, text + file.newline_at(at))


def _behind_path_edits(file: PythonFile) -> int:
    """How many statements the file begins with, up to the last that changes sys.path; often 0."""
    if b"sys.path" not in file.utf8:
        return 0
    body = file.module.body
    edits = [n for n, line in enumerate(body) if _edits_path(file, line)]
    return edits[-1] + 1 if edits else 0


def _edits_path(file: PythonFile, line: cst.CSTNode) -> bool:
    top = isinstance(line, (cst.SimpleStatementLine, cst.If, cst.Try))
    return top and PATH_EDIT.search(file.source(line)) is not None


def _is_docstring(line: cst.SimpleStatementLine) -> bool:
    value = line.body[0].value if isinstance(line.body[0], cst.Expr) else None
    return isinstance(value, (cst.SimpleString, cst.ConcatenatedString))
