"""The thread pools that a file makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tools.migrate.parsed import dotted, qualified

_POOLS = frozenset(
    {
        "concurrent.futures.ThreadPoolExecutor",
        "concurrent.futures.thread.ThreadPoolExecutor",
        "multiprocessing.pool.ThreadPool",
        "multiprocessing.dummy.Pool",
    }
)


def pools_of(tree: ast.Module, names: Mapping[str, str]) -> Iterator[str]:
    """What the pools are called that the file makes."""
    for node in ast.walk(tree):
        targets: list[ast.expr | None] = []
        if isinstance(node, ast.Assign):
            made, targets = node.value, [*node.targets]
        elif isinstance(node, ast.withitem):
            made, targets = node.context_expr, [node.optional_vars]
        if targets and isinstance(made, ast.Call) and qualified(made.func, names) in _POOLS:
            yield from (dotted(target) or "" for target in targets if target is not None)
