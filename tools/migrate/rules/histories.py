"""Keep the last turns of a chat history that lives in the process, and nothing older.

RunnableWithMessageHistory asks for the history of a session; the usual answer is a ChatMessageHistory
or InMemoryChatMessageHistory, which keeps every message. It becomes WindowHistory, which keeps the
last k turns and the instructions before them. A history that is made for one request only, one
that the code shortens itself, and those that are stored elsewhere (Redis, SQL, a file) are left. A
LangGraph checkpointer in memory keeps every step of every conversation: that is reported.

    -from langchain_community.chat_message_histories import ChatMessageHistory
    +from fit512_runtime.session_history import WindowHistory

     if session_id not in store:
    -    store[session_id] = ChatMessageHistory()
    +    store[session_id] = WindowHistory(k=5)
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from tools.migrate.flows import Function, destinations
from tools.migrate.keepers import kept_for_all
from tools.migrate.lifetime import Place, is_keyed, reruns
from tools.migrate.memories.classes import HISTORIES
from tools.migrate.memories.factories import calls_it_bare
from tools.migrate.memories.located import place_of
from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import add_first, positional, starred
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import Ours
from tools.migrate.syntax.symbols import SymbolRewrite, Use

ID = "histories"
OURS = Ours("session_history", "WindowHistory")
SAVERS = {
    f"langgraph.checkpoint{module}.{name}": name
    for module in ("", ".memory")
    for name in ("MemorySaver", "InMemorySaver")
}
SHORTENS = re.compile(
    r"(?<!session_state)\.messages(\s*=(?!=)|\.pop\(|\.remove\(|\[[^\]]*\]\s*=(?!=))"
)
READS = re.compile(
    r"\b\w*(?:history|store|memory)\w*(?:\([^()]*\)|\[[^\[\]]*\])*\.messages\b", re.I
)


def apply(project: Project, settings: Settings) -> None:
    words = ("ChatMessageHistory", "MemorySaver", "InMemorySaver")
    rewrite = SymbolRewrite(project, ID, {**HISTORIES, **SAVERS}, words)
    histories = _Histories(rewrite, settings.k)
    for use in rewrite.uses:
        if use.reference.origin in SAVERS:
            _report_saver(use)
        else:
            histories.look_at(use)
    histories.convert_types()
    for file in dict.fromkeys(use.file for use in histories.done):
        _note_readers(file, settings.k)
    rewrite.finish()


@dataclass
class _Histories:
    """The uses of the classes that keep messages in a list."""

    rewrite: SymbolRewrite
    k: int
    left: list[Use] = field(default_factory=list)
    done: list[Use] = field(default_factory=list)

    def look_at(self, use: Use) -> None:
        if use.call is None and use.names_a_type:
            return
        why = _cannot(use)
        kept = None if why else _need_not(use)
        if why or kept:
            text = f"{use.file.source(use.node)} left as it is: {why or kept}"
            use.file.note("skipped" if why else "kept", use.node, text)
            self.left.append(use)
            return
        self._convert(use)

    def convert_types(self) -> None:
        """A type stays as it is where an object of the old class stays."""
        old = {use.file.path for use in self.left}
        new = {use.file.path for use in self.done} - old
        for use in self.rewrite.uses:
            if use.call is None and use.names_a_type and use.file.path in new:
                self.rewrite.convert(use, OURS)

    def _convert(self, use: Use) -> None:
        self.rewrite.convert(use, OURS)
        self.done.append(use)
        if use.call is not None:
            add_first(use.file, use.call, f"k={self.k}")
        else:
            span = use.file.span(use.node)
            use.file.edits.insert(span.start, "lambda: ")
            use.file.edits.insert(span.end, f"(k={self.k})")
        message = f"kept every message; now the last {self.k} turns of a conversation"
        use.file.note("changed", use.node, message)


def _cannot(use: Use) -> str | None:
    if use.reference.ambiguous:
        return "the name is also defined here, so another class may be meant"
    if use.call is None:
        return None if calls_it_bare(use) else "it is used here otherwise than by calling it"
    if positional(use.call) or starred(use.call):
        return "what it is called with cannot be seen"
    return None


def _need_not(use: Use) -> str | None:
    if SHORTENS.search(use.file.text.text):
        return "the code shortens its messages itself"
    place = place_of(use.file, use.call) if use.call is not None else None
    if place is not None and not _lives_on(use.file, place):
        return "it is made anew for each call, and goes with it"
    return None


def _lives_on(file: PythonFile, place: Place) -> bool:
    """Whether something keeps the history after the function that makes it has returned."""
    targets = destinations(place.node, place.around)
    if any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets):
        return True
    if any(isinstance(node, Function | ast.Lambda) for node in place.around):
        return is_keyed(place) or kept_for_all(place.node, place.around)
    return not reruns(file.project, place.path)


def _report_saver(use: Use) -> None:
    if use.call is None or use.reference.ambiguous:
        return
    served = use.file.path in use.file.project.served()
    message = (
        f"{SAVERS[use.reference.origin]} keeps every step of every conversation in this process,"
        " without end: use a checkpointer that stores them elsewhere (langgraph-checkpoint-sqlite),"
        " and shorten the messages in the graph (trim_messages, RemoveMessage)"
    )
    use.file.note("warning" if served else "kept", use.call, message)


def _note_readers(file: PythonFile, k: int) -> None:
    """Code that goes through all messages finds only those of the window now."""
    for number, line in enumerate(file.text.text.split("\n"), 1):
        if READS.search(line):
            message = f"reads all messages: of a conversation only the last {k} turns now"
            file.note("warning", number, message)
