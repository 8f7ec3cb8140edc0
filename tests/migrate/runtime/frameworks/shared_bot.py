"""One memory at module level, as in a legacy bot; the apps beside this file ask it."""

from __future__ import annotations

from tools.migrate.runtime.window_memory import WindowMemory

memory = WindowMemory(k=2)


def ask(text: str) -> str:
    """What the bot has heard in this conversation, the question included."""
    memory.save_context({"q": text}, {"a": "ok"})
    return ",".join(m.content for m in memory.chat_memory.messages if m.type == "human")
