"""Python files as syntax trees, for questions that need no edit."""

from __future__ import annotations

import ast
import warnings
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from tools.migrate.source import SourceError, decode_python

KEPT = 2048  # trees, and what was read from them: rules ask for the same again and again


@lru_cache(maxsize=KEPT)
def parse(data: bytes) -> ast.Module | None:
    """The tree of a Python file, or None when it cannot be parsed (`why_not` says why)."""
    parsed = _parse(data)
    return parsed if isinstance(parsed, ast.Module) else None


def why_not(data: bytes) -> tuple[int | None, str] | None:
    """Line and reason why a file cannot be parsed; None when it can."""
    parsed = _parse(data)
    return None if isinstance(parsed, ast.Module) else parsed


def _parse(data: bytes) -> ast.Module | tuple[int | None, str]:
    try:
        text = decode_python(data).text
        with warnings.catch_warnings():
            # Invalid escapes and the like are the repository's own business.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return error.lineno, f"does not parse: {error.msg}"
    except (SourceError, ValueError, RecursionError, MemoryError) as error:
        return None, f"does not parse: {error}"


@lru_cache(maxsize=KEPT)
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Every node, in the order of ast.walk."""
    return tuple(ast.walk(tree))


@lru_cache(maxsize=KEPT)
def _imports(tree: ast.Module) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Every import, in the order of ast.walk; it looks into no expression, most of a tree."""
    waiting: deque[ast.AST] = deque([tree])
    found: list[ast.Import | ast.ImportFrom] = []
    while waiting:
        node = waiting.popleft()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.append(node)
        inside = ast.iter_child_nodes(node)
        waiting.extend(child for child in inside if not isinstance(child, ast.expr))
    return tuple(found)


@lru_cache(maxsize=KEPT)
def imported_names(tree: ast.Module) -> Mapping[str, str]:
    """Local name -> what it stands for, of every absolute import anywhere in the file.

    A star import is kept under "*<module>".
    """
    names: dict[str, str] = {}
    for node in _imports(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                names[name] = alias.name if alias.asname else name
        elif node.module and not node.level:
            for alias in node.names:
                local = f"*{node.module}" if alias.name == "*" else alias.asname or alias.name
                names[local] = f"{node.module}.{alias.name}"
    return MappingProxyType(names)


def dotted(node: ast.AST) -> str | None:
    """ "a.b.c" of a chain of names, or None."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return owner and f"{owner}.{node.attr}"
    return None


def last_name(node: ast.AST) -> str:
    """ "c" of the chain "a.b.c"; "" of anything else."""
    return (dotted(node) or "").rpartition(".")[2]


def qualified(node: ast.AST, names: Mapping[str, str]) -> str | None:
    """What a chain of names stands for, with the file's imports put in; None if not imported."""
    text = dotted(node)
    if text is None:
        return None
    first, _, rest = text.partition(".")
    if first in names:
        return f"{names[first]}.{rest}" if rest else names[first]
    return None


# level, module, line and names of an import
Import = tuple[int, str, int, tuple[str, ...]]


@lru_cache(maxsize=KEPT)
def imported_modules(tree: ast.Module) -> tuple[Import, ...]:
    """Every import, at any depth of the file."""
    found: list[Import] = []
    for node in _imports(tree):
        if isinstance(node, ast.Import):
            found += [(0, alias.name, node.lineno, ()) for alias in node.names]
        else:
            names = tuple(alias.name for alias in node.names)
            found.append((node.level, node.module or "", node.lineno, names))
    return tuple(found)
