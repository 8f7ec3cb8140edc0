"""What a conversion says of itself: one note for each thing changed, left or refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["changed", "skipped", "kept", "refused", "warning"]
KINDS: tuple[Kind, ...] = ("changed", "warning", "refused", "skipped", "kept")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a rule did or did not do.

    changed  the rule edited the file there
    skipped  the rule applies there, but could not be sure of the edit: left as it was
    kept     looked at and rightly left alone (a window that has its k, a script outside the app)
    refused  cannot be converted; the message says why and what would help
    warning  works, but somebody should know
    """

    rule: str
    kind: Kind
    path: str  # relative to the repository, "/" as separator
    line: int | None  # from 1, in the file as it was before the run where that is known
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message} [{self.rule}]"


def by_place(notes: Iterable[Note]) -> list[Note]:
    """In the order of files and lines."""
    return sorted(notes, key=lambda note: (note.path, note.line or 0))
