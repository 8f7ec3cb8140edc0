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

from dataclasses import dataclass, field

import libcst as cst

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
from tools.migrate.memories.factories import calls_it_bare, calls_it_later, partial_of
from tools.migrate.memories.histories import history_of
from tools.migrate.memories.unasked import HISTORY, OURS, bound_summary, give_a_memory
from tools.migrate.memories.unchanged import note_other, note_readers
from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import add_first, keyword, positional
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.symbols import SymbolRewrite, Use

ID = "memory"
TARGETS = {**WINDOWS, **CHAINS, **SUMMARIES, **LEFT, **HISTORIES}
WORDS = (BUFFER, WINDOW, STRING, CHAIN, SUMMARY, *sorted(set(LEFT.values())))


def apply(project: Project, settings: Settings) -> None:
    rewrite = SymbolRewrite(project, ID, TARGETS, WORDS)
    windows = _Windows(rewrite, settings.k)
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


@dataclass
class _Windows:
    """The uses of the classes that become the window."""

    rewrite: SymbolRewrite
    k: int
    left: list[Use] = field(default_factory=list)
    done: list[Use] = field(default_factory=list)

    def look_at(self, use: Use) -> None:
        why = _why_not(self.rewrite, use)
        if why is None:
            self.done.append(use)
            self._convert(use)
        elif use.call is not None or not use.names_a_type:
            use.file.note("skipped", use.node, f"{use.file.source(use.node)} left as it is: {why}")
            self.left.append(use)

    def convert_types(self) -> None:
        """A type stays as it is where an object of the old class stays."""
        old = {use.file.path for use in self.left}
        for use in self.rewrite.uses:
            named = use.call is None and use.names_a_type and use.reference.origin in WINDOWS
            if named and use.file.path not in old:
                self.rewrite.convert(use, OURS)
                self.done.append(use)

    def converted_files(self) -> list[PythonFile]:
        return list({use.file.path: use.file for use in self.done}.values())

    def _convert(self, use: Use) -> None:
        self.rewrite.convert(use, OURS)
        name = WINDOWS[use.reference.origin]
        window = name == WINDOW or (use.call is not None and keyword(use.call, "k") is not None)
        size = "" if window else f"k={self.k}"
        if use.call is not None:
            self._convert_call(use, use.call, size)
        elif calls_it_later(use):
            if size:
                first = partial_of(use).args[0]
                use.file.edits.insert(use.file.span(first.value).end, f", {size}")
        else:
            span = use.file.span(use.node)
            use.file.edits.insert(span.start, "lambda: ")
            use.file.edits.insert(span.end, f"({size})")
        use.file.note("changed", use.node, _says(name, size))

    def _convert_call(self, use: Use, call: cst.Call, size: str) -> None:
        if size:
            add_first(use.file, call, size)
        history = history_of(self.rewrite.uses, use)
        if history is not None:
            self.rewrite.convert(history, HISTORY)


def _says(name: str, size: str) -> str:
    if not size:
        return f"{name} now forgets what its window no longer shows"
    return f"{name} keeps the last {size.removeprefix('k=')} turns, and nothing older"


def _why_not(rewrite: SymbolRewrite, use: Use) -> str | None:
    if use.reference.ambiguous:
        return "the name is also defined here, so another class may be meant"
    if use.call is None:
        if calls_it_bare(use) or calls_it_later(use):
            return None
        return "it is used here otherwise than by calling it"
    if positional(use.call):
        return "it is called with an argument without a keyword"
    if keyword(use.call, "chat_memory") and not history_of(rewrite.uses, use):
        return "its messages are kept by the chat_memory it is given, which is not ours to trim"
    if keyword(use.call, "buffer"):
        return "it is given the text that it begins with"
    return None
