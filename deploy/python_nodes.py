"""The syntax of a repository's Python, where it can be read."""

from __future__ import annotations

import ast


def nodes_of(text: str) -> list[ast.AST]:
    """All of a module, the outer ones first; none of what this Python cannot parse."""
    try:
        return list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return []
