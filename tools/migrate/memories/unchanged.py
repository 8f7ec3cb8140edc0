"""What is said of the memories that are left, and of the code that reads the others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tools.migrate.memories.classes import LEFT, OTHERS, SUMMARY
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.symbols import Use

READS_ALL = re.compile(r"\bchat_memory\.messages\b")


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
