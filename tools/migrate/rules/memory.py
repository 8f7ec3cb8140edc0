"""Replace LangChain's growing chat memory by a window that forgets what it no longer shows.

ConversationBufferMemory keeps every message; ConversationBufferWindowMemory shows the last k turns
but keeps the rest as well. Both become WindowMemory, a subclass of the window that trims. A window
that is there keeps its k. A memory that stores its messages elsewhere (`chat_memory=`) is left.

    -from langchain.memory import ConversationBufferMemory
    +from fit512_runtime.window_memory import WindowMemory

    -memory = ConversationBufferMemory(memory_key="chat_history", return_messages=True)
    +memory = WindowMemory(k=5, memory_key="chat_history", return_messages=True)
"""

from __future__ import annotations

import re

import libcst as cst

from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import add_first, keyword, positional
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import Ours
from tools.migrate.syntax.symbols import SymbolRewrite, Use

ID = "memory"
READS_ALL = re.compile(r"\bchat_memory\.messages\b")
OURS = Ours("window_memory", "WindowMemory")
BUFFER, WINDOW = "ConversationBufferMemory", "ConversationBufferWindowMemory"
_PLACES = (
    "memory",
    "memory.buffer",
    "memory.buffer_window",
    "chains.conversation.memory",
    "chains.conversation.base",
)
# langchain_community never had them, but code that was "repaired" by hand says so.
_PACKAGES = ("langchain", "langchain_classic", "langchain_community")
CLASSES = {
    f"{package}.{place}.{name}": name
    for package in _PACKAGES
    for place in _PLACES
    for name in (BUFFER, WINDOW)
}


def apply(project: Project, settings: Settings) -> None:
    rewrite = SymbolRewrite(project, ID, CLASSES, (BUFFER, WINDOW))
    left: list[Use] = []
    for use in rewrite.uses:
        why = _why_not(use)
        if why and (use.call is not None or not use.names_a_type):
            use.file.note("skipped", use.node, f"{use.file.source(use.node)} left as it is: {why}")
            left.append(use)
    for use in rewrite.uses:
        if use.call is not None and use not in left:
            _convert_call(rewrite, use, use.call, settings)
    for use in rewrite.uses:
        # A type stays as it is where an object of the old class stays.
        if use.call is None and use.names_a_type and not any(o.file is use.file for o in left):
            rewrite.convert(use, OURS)
    for file in {use.file.path: use.file for use in rewrite.uses if use not in left}.values():
        _note_readers(file, settings.k)
    rewrite.finish()


def _why_not(use: Use) -> str | None:
    if use.reference.ambiguous:
        return "the name is also defined here, so another class may be meant"
    if use.call is None:
        return "it is used here otherwise than by calling it"
    if positional(use.call):
        return "it is called with an argument without a keyword"
    if keyword(use.call, "chat_memory"):
        return "its messages are kept by the chat_memory it is given, which is not ours to trim"
    return None


def _convert_call(rewrite: SymbolRewrite, use: Use, call: cst.Call, settings: Settings) -> None:
    rewrite.convert(use, OURS)
    if CLASSES[use.reference.origin] == WINDOW:
        use.file.note("changed", call, f"{WINDOW} now forgets what its window no longer shows")
        return
    add_first(use.file, call, f"k={settings.k}")
    use.file.note("changed", call, f"{BUFFER} keeps the last {settings.k} turns, and nothing older")


def _note_readers(file: PythonFile, k: int) -> None:
    """Code that goes through all messages finds only those of the window now."""
    for number, line in enumerate(file.text.text.split("\n"), 1):
        if READS_ALL.search(line):
            file.note(
                "warning",
                number,
                f"reads all messages: of each session only the last {k} turns now",
            )
