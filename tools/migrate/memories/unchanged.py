"""What is said of the memories that are left, and of the code that reads the others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tools.migrate.memories.classes import LEFT, OTHERS, SUMMARY
from tools.migrate.parsed import nodes, parse
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.symbols import Use

READS_ALL = re.compile(r"\bchat_memory\.messages\b")
MEMORY_KEY = re.compile(r"\bmemory_key\s*=\s*[\"'](\w+)[\"']")
USUAL_KEY = "history"
SHOWS = re.compile(r"^\s*(?:import|from)\s+(?:streamlit|gradio|chainlit|nicegui|panel)\b", re.M)


def reads_all(files: Iterable[PythonFile]) -> bool:
    """Whether any of these files goes through all messages of a memory."""
    return any(READS_ALL.search(file.text.text) for file in files)


def note_readers(file: PythonFile, k: int) -> None:
    """Code that goes through all messages finds only those of the window now."""
    for number, line in enumerate(file.text.text.split("\n"), 1):
        if READS_ALL.search(line):
            file.note(
                "warning",
                number,
                f"reads all messages: of each session only the last {k} turns now",
            )
    for number in _takes_history(file):
        file.note(
            "warning",
            number,
            f"reads the conversation, which has the last {k} turns now: where the page shows it, older"
            " ones are gone from the screen. To show all, append each question and answer to a list"
            " of the session",
        )


def _takes_history(file: PythonFile) -> Iterator[int]:
    """The lines of a page that read what the memory gave: `answer["chat_history"]`."""
    tree = parse(file.utf8) if SHOWS.search(file.text.text) else None
    keys = set(MEMORY_KEY.findall(file.text.text)) or {USUAL_KEY}
    for node in nodes(tree) if tree else ():
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.slice, ast.Constant)
            and node.slice.value in keys
            and "session" not in ast.unparse(node.value)
        ):
            yield node.lineno


def note_other(use: Use) -> None:
    """What a memory that is left keeps. Only a served one can grow until the memory is full."""
    if use.reference.ambiguous or (use.call is None and use.names_a_type):
        return
    name = LEFT.get(use.reference.origin, SUMMARY)
    other = OTHERS.get(name)
    keeps = other.keeps if other else "a summary, and every message beside it"
    grows = other is None or other.grows
    message = f"{name} left as it is: it keeps {keeps}"
    if not grows:
        use.file.note("kept", use.node, message)
        return
    served = use.file.path in use.file.project.served()
    message += ", without end: make one per session, and clear() it when the session ends"
    use.file.note("warning" if served else "kept", use.node, message)
