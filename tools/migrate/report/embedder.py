"""An embedder that was refused: as long as it is there, torch stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.project import Project
from tools.migrate.result import Note, by_place


def refused_embedders(project: Project) -> list[Note]:
    """Those of the served app; where nothing is served, all."""
    served = project.served() or frozenset(project.python())
    return [
        note
        for note in by_place(project.notes)
        if (note.rule, note.kind) == ("embeddings", "refused")
        and PurePosixPath(note.path) in served
    ]


def replace_it_first(project: Project) -> Iterator[str]:
    for note in refused_embedders(project):
        message = note.message.rstrip(".")
        yield f"Replace the embedder first, torch stays with it: {note.path}:{note.line}, {message}."


def torch_stays(project: Project) -> str | None:
    """Why the proof cannot pass, for its verdict."""
    places = [f"{note.path}:{note.line}" for note in refused_embedders(project)]
    if not places:
        return None
    what = "embedder at" if len(places) == 1 else "embedders at"
    verb = "was" if len(places) == 1 else "were"
    return f"torch stays: the {what} {', '.join(places)} {verb} refused"
