"""Replace LangChain's growing chat memory by a window that forgets what it no longer shows.

ConversationBufferMemory keeps every message; ConversationBufferWindowMemory shows the last k turns
but keeps the rest as well. Both become WindowMemory, a subclass of the window that trims, and so
does the memory that a ConversationChain makes for itself. A window that is there keeps its k. A
memory that stores its messages elsewhere (`chat_memory=`) is left. ConversationSummaryMemory writes
its summary from the last turn alone, so it is given a history that keeps no more. Of the other
memories it is said what each one keeps.

    -from langchain.memory import ConversationBufferMemory
    +from fit512_runtime.window_memory import WindowMemory

    -memory = ConversationBufferMemory(memory_key="chat_history", return_messages=True)
    +memory = WindowMemory(k=5, memory_key="chat_history", return_messages=True)
"""

from __future__ import annotations

from tools.migrate.memories.classes import (
    BUFFER,
    CHAIN,
    CHAINS,
    HISTORIES,
    LEFT,
    STRING,
    SUMMARIES,
    SUMMARY,
    WINDOW,
    WINDOWS,
)
from tools.migrate.memories.unasked import bound_summary, give_a_memory
from tools.migrate.memories.unchanged import note_other, note_readers
from tools.migrate.memories.windows import Windows
from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.symbols import SymbolRewrite

ID = "memory"
TARGETS = {**WINDOWS, **CHAINS, **SUMMARIES, **LEFT, **HISTORIES}
WORDS = (BUFFER, WINDOW, STRING, CHAIN, SUMMARY, *sorted(set(LEFT.values())))


def apply(project: Project, settings: Settings) -> None:
    rewrite = SymbolRewrite(project, ID, TARGETS, WORDS)
    windows = Windows(rewrite, settings.k)
    for use in rewrite.uses:
        origin = use.reference.origin
        if origin in WINDOWS:
            windows.look_at(use)
        elif origin in CHAINS:
            give_a_memory(rewrite, use, settings.k)
        elif origin in SUMMARIES:
            bound_summary(rewrite, use)
        elif origin in LEFT:
            note_other(use)
    windows.convert_types()
    for file in windows.converted_files():
        note_readers(file, settings.k)
    rewrite.finish()
