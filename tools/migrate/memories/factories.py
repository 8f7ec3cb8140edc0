"""A memory class that is handed on: something else calls it."""

from __future__ import annotations

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.syntax.calls import positional
from tools.migrate.syntax.symbols import Use


def calls_it_bare(use: Use) -> bool:
    """`defaultdict(Memory)`, `field(default_factory=Memory)`: called with nothing."""
    argument, call = _argument(use)
    if argument is None or call is None:
        return False
    if argument.keyword is not None:
        return argument.keyword.value == "default_factory"
    return _is_first(call, argument, "defaultdict")


def calls_it_later(use: Use) -> bool:
    """`partial(Memory, …)`: called with what stands behind it."""
    argument, call = _argument(use)
    return argument is not None and call is not None and _is_first(call, argument, "partial")


def is_base(use: Use) -> bool:
    """`class OwnMemory(Memory)`"""
    argument = use.file.parent(use.node)
    above = use.file.parent(argument) if argument is not None else None
    return isinstance(above, cst.ClassDef) and argument in above.bases


def partial_of(use: Use) -> cst.Call:
    """The call of `partial` that the class is handed to."""
    call = _argument(use)[1]
    assert call is not None
    return call


def _argument(use: Use) -> tuple[cst.Arg | None, cst.Call | None]:
    argument = use.file.parent(use.node)
    call = use.file.parent(argument) if argument is not None else None
    if isinstance(argument, cst.Arg) and isinstance(call, cst.Call):
        return argument, call
    return None, None


def _is_first(call: cst.Call, argument: cst.Arg, function: str) -> bool:
    name = (get_full_name_for_node(call.func) or "").rpartition(".")[2]
    return name == function and positional(call)[:1] == [argument]
