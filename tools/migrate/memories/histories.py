"""Where a memory gets its messages from."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from tools.migrate.memories.classes import HISTORIES
from tools.migrate.syntax.calls import keyword, positional
from tools.migrate.syntax.symbols import Use
from tools.migrate.syntax.values import assigned_value


def history_of(uses: Iterable[Use], memory: Use) -> Use | None:
    """The list of messages in this process that a memory is given, where it is made in sight."""
    given = keyword(memory.call, "chat_memory") if memory.call is not None else None
    made = _made(memory, given.value) if given is not None else None
    for use in uses:
        if use.call is not None and use.call is made and use.reference.origin in HISTORIES:
            return None if use.reference.ambiguous or positional(use.call) else use
    return None


def _made(memory: Use, value: cst.BaseExpression) -> cst.BaseExpression | None:
    """The expression itself, or the one that its name is assigned, once."""
    if not isinstance(value, cst.Name):
        return value
    assignments = list(memory.file.scope(value)[value.value])
    if len(assignments) != 1:
        return None
    node = getattr(assignments[0], "node", None)
    return assigned_value(memory.file, node) if isinstance(node, cst.CSTNode) else None
