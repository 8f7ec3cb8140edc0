"""Notes as rows of a table: all of the app's, and of a script that is only run by hand the first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tools.migrate.project import Project
from tools.migrate.result import Note

SHOWN = 2  # notes of one script in one table


def rows(project: Project, notes: Sequence[Note]) -> Iterator[tuple[str, str, str]]:
    """(where, what, rule) in the order of the notes."""
    served = project.served()
    code = set(project.python()) if served else set()
    by_script: dict[str, list[Note]] = defaultdict(list)
    for note in notes:
        path = PurePosixPath(note.path)
        if path in code and path not in served:
            by_script[note.path].append(note)
    for note in notes:
        same = by_script.get(note.path, [])
        if len(same) > SHOWN and note in same[SHOWN:]:
            continue
        yield f"`{_place(note)}`", cell(note.message), note.rule
        if len(same) > SHOWN and note is same[SHOWN - 1]:
            rest = sorted({other.rule for other in same[SHOWN:]})
            count = len(same) - SHOWN
            more = f"{count} more of this script, which is not served: all are in `migrate.json`"
            yield f"`{note.path}`", more, ", ".join(rest)


def _place(note: Note) -> str:
    return f"{note.path}:{note.line}" if note.line else note.path


def cell(text: str) -> str:
    """A text as one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())
