"""Whether a container grows without end, and whether it can be bounded without a risk."""

from __future__ import annotations

import ast
import re

from tools.migrate.growth.containers import Container
from tools.migrate.growth.handlers import Handlers
from tools.migrate.growth.uses import Use
from tools.migrate.keepers import SESSION

LENGTHENS = frozenset({"append", "extend", "insert"})
SHORTENS = frozenset({"del", "pop", "clear", "remove", "assign"})
PLAIN = frozenset({"set", "change", "read", "in", "get", "setdefault", "del", "pop", "clear"})
GUARDS = frozenset({"set", "in", "setdefault"})
# What may be forgotten: a conversation begins anew, a cache is filled again. A document is lost.
CONVERSATION = re.compile(r"session|user|histor|conversation|memor|chat|chain|cache|dialog", re.I)
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler)
LEAVES = (ast.Return, ast.Raise, ast.Continue)
TAIL = re.compile(r"-(\d+):")


def growth(container: Container, uses: list[Use], handlers: Handlers) -> list[Use]:
    """The uses that make it longer for each request; empty where the code shortens it itself."""
    if container.kind == "list":
        grows = [use for use in uses if use.does in LENGTHENS]
        limited = any(use.does in SHORTENS for use in uses)
    else:
        grows = [use for use in uses if _adds_a_key(container, use)]
        limited = any(use.does in ("popitem", "assign") for use in uses) or _is_paired(uses)
    return [] if limited else [use for use in grows if handlers.runs_often(use.place)]


def can_forget(container: Container, uses: list[Use]) -> bool:
    """Whether every use of the dictionary still works when old keys are gone."""
    if container.owner is not None or not all(use.does in PLAIN for use in uses):
        return False
    keys = [use.key or "" for use in uses if use.does in GUARDS]
    if not CONVERSATION.search(container.name) and not any(SESSION.search(key) for key in keys):
        return False
    reads = [use for use in uses if use.does in ("read", "change", "del")]
    return container.kind == "defaultdict" or all(_is_guarded(use, uses) for use in reads)


def tail(container: Container, uses: list[Use]) -> int | None:
    """How many of a list's last items are ever looked at; None where that cannot be told."""
    sizes = []
    for use in uses:
        found = TAIL.fullmatch(use.key or "") if use.does == "read" else None
        if found:
            sizes.append(int(found[1]))
        elif use.does != "append":
            return None
    return max(sizes, default=0) or None if container.owner is None else None


def _adds_a_key(container: Container, use: Use) -> bool:
    adds = ("set", "setdefault", *(("read",) if container.kind == "defaultdict" else ()))
    return use.does in adds and not _is_constant(use.key or "")


def _is_constant(key: str) -> bool:
    """A constant key adds one entry in all."""
    return key[:1] in "'\"" or key.isdecimal() or key.isupper()


def _is_paired(uses: list[Use]) -> bool:
    """Whether each function that sets a key takes it out again, as with jobs that end."""
    setting = {use.function for use in uses if use.does in ("set", "setdefault")}
    ending = {use.function for use in uses if use.does in ("del", "pop")}
    return bool(setting) and setting <= ending


def _is_guarded(read: Use, uses: list[Use]) -> bool:
    """Whether the same function has made the key, or looked for it, before."""
    return any(
        use.does in GUARDS
        and use.function is read.function
        and use.key == read.key
        and use.line <= read.line
        and _holds_at(use, read)
        for use in uses
    )


def _holds_at(guard: Use, read: Use) -> bool:
    """Whether what the guard has made or found out still holds where the key is read."""
    branch = next((node for node in guard.place.around if isinstance(node, BRANCHES)), None)
    if branch is None or any(node is branch for node in read.place.around):
        return branch is not None or guard.does != "in"
    if guard.does == "in":
        return isinstance(branch, ast.If) and isinstance(branch.body[-1], LEAVES)
    # `if key not in sessions: sessions[key] = …`
    return isinstance(branch, ast.If) and f"{guard.key} not in" in ast.unparse(branch.test)
