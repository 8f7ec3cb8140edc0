"""Tells a lazy first time from every time: what is made only where it is not there yet."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import lru_cache

from tools.migrate.flows import Function
from tools.migrate.lifetime import ONCE
from tools.migrate.parsed import last_name

# Decorators that keep what the function gave, beside those of LangChain's usual servers.
KEEPING = ONCE | {
    "cache_data",
    "cached_property",
    "experimental_memo",
    "experimental_singleton",
    "memoize",
    "singleton",
}
_WORD = re.compile(r"\w+")


def is_once(function: ast.AST) -> bool:
    """Whether a decorator keeps the function's value, or runs it at the start."""
    if not isinstance(function, Function):
        return False
    calls = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
    return any(last_name(call) in KEEPING for call in calls)


def guard_of(node: ast.AST, around: Sequence[ast.AST]) -> set[str] | None:
    """The words of what is missing where the node runs; None when it runs always.

    if self.model is None:                 if "db" in st.session_state:
        self.model = load()                    return st.session_state.db
                                           st.session_state.db = load()
    """
    scope = next((n for n in around if isinstance(n, Function | ast.Module)), None)
    kept = _kept(scope) if scope is not None else ()
    if scope is None or not kept:
        return None
    inside = around[: around.index(scope)]
    tests = [above.test for above in inside if isinstance(above, ast.If)]
    tests += [
        earlier.test
        for earlier in getattr(scope, "body", [])
        if isinstance(earlier, ast.If)
        and isinstance(earlier.body[-1], ast.Return)
        and earlier.lineno < getattr(node, "lineno", 0)
    ]
    return next((words for test in tests for words in kept if words <= _words(test)), None)


@lru_cache(maxsize=2048)
def _kept(scope: ast.AST) -> tuple[set[str], ...]:
    """The words of each thing that outlives the call and is assigned in it."""
    found = []
    outer = {name for n in ast.walk(scope) if isinstance(n, ast.Global) for name in n.names}
    for node in ast.walk(scope):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                lasting = isinstance(target, (ast.Attribute, ast.Subscript))
                if lasting or (isinstance(target, ast.Name) and target.id in outer):
                    found.append(_words(target))
    return tuple(found)


def _words(node: ast.AST) -> set[str]:
    return set(_WORD.findall(ast.unparse(node)))
