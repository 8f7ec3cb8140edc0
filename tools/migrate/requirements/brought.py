"""What the app needs beside its code: the copied runtime and the model folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.project import RUNTIME
from tools.migrate.requirements.stack import runtime_modules

if TYPE_CHECKING:
    from tools.migrate.project import Project

Folders = Mapping[PurePosixPath, frozenset[PurePosixPath]]


def needed_folders(project: Project) -> Folders:
    """Folder -> its files that the app reads, for each `fit512_runtime` and `models`."""
    paths = project.paths()
    described = {path.parent for path in paths if path.name == "embedding.json"}
    found: dict[PurePosixPath, set[PurePosixPath]] = {}
    for path in paths:
        runtime = next((f for f in path.parents if f.name == RUNTIME), None)
        if runtime and path.suffix == ".py":
            found.setdefault(runtime, set()).add(path)
        elif path.parent in described and path.name.startswith(("model.", "tokenizer", "embed")):
            above = path.parent.parent
            found.setdefault(above if above.name == "models" else path.parent, set()).add(path)
    return {folder: frozenset(files) for folder, files in found.items()}


def users_below(project: Project, home: PurePosixPath) -> list[PurePosixPath]:
    """The code at or below a folder that runs with the runtime there."""
    return [
        path
        for path in project.python()
        if path.is_relative_to(home)
        and (path in project.served() or runtime_modules(project, [path]))
    ]


def named(folders: Iterable[PurePosixPath], context: PurePosixPath) -> str:
    """`fit512_runtime/ and models/`, as they are called in a folder."""
    return " and ".join(f"{folder.relative_to(context)}/" for folder in sorted(folders))
