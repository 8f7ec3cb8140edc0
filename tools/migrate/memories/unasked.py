"""Messages that a LangChain object keeps without being asked to."""

from __future__ import annotations

import libcst as cst

from tools.migrate.memories.classes import CHAIN, SUMMARY
from tools.migrate.memories.unchanged import note_other, reads_all
from tools.migrate.syntax.calls import add_argument, keyword, positional, starred
from tools.migrate.syntax.imports import Ours
from tools.migrate.syntax.symbols import SymbolRewrite, Use

OURS = Ours("window_memory", "WindowMemory")
HISTORY = Ours("session_history", "SessionHistory")


def give_a_memory(rewrite: SymbolRewrite, use: Use, k: int) -> None:
    """A ConversationChain that is given no memory makes a ConversationBufferMemory."""
    call = use.call
    if call is None or use.reference.ambiguous or positional(call) or keyword(call, "memory"):
        return
    if starred(call):
        message = (
            f"{CHAIN} left as it is: what it is given by ** cannot be seen; without memory= it"
        )
        use.file.note("skipped", call, f"{message} keeps every message")
        return
    add_argument(use.file, call, f"memory={rewrite.add(use.file, OURS)}(k={k})")
    use.file.note("changed", call, f"{CHAIN} kept every message; now the last {k} turns")


def bound_summary(rewrite: SymbolRewrite, use: Use) -> None:
    """A ConversationSummaryMemory reads the last turn only: unless the code reads the others."""
    call = use.call
    if call is None or not _can_be_bounded(rewrite, use, call):
        note_other(use)
        return
    name = rewrite.add(use.file, HISTORY)
    add_argument(use.file, call, f"chat_memory={name}(k=1, per_session=False)")
    message = f"{SUMMARY} kept every message; its summary needs the last turn alone"
    use.file.note("changed", call, message)


def _can_be_bounded(rewrite: SymbolRewrite, use: Use, call: cst.Call) -> bool:
    if use.reference.ambiguous or positional(call) or starred(call):
        return False
    return not keyword(call, "chat_memory") and not reads_all(rewrite.files.values())
