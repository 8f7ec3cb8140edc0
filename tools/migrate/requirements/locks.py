"""Lock files that no longer say what their list asks for: only their own tool can renew them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.requirements.distributions import is_stack
from tools.migrate.requirements.files import Files
from tools.migrate.source import SourceError, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

# lock file -> (file that it was made from, command that renews it)
LOCKS = {
    "poetry.lock": ("pyproject.toml", "poetry lock"),
    "uv.lock": ("pyproject.toml", "uv lock"),
    "pdm.lock": ("pyproject.toml", "pdm lock"),
    "Pipfile.lock": ("Pipfile", "pipenv lock"),
    "conda-lock.yml": ("environment.yml", "conda-lock -f environment.yml"),
}
TORCH = re.compile(r"""^[ \t]*(?:(?:- )?name *[=:] *["']?torch["']?\r?$|"torch" *:)""", re.M)


def stale_locks(project: Project, files: Files) -> Iterator[tuple[PurePosixPath, int | None, str]]:
    """(lock file, line of torch in it, what to do)"""
    edited = project.edited()
    for path in project.paths():
        if path.name not in LOCKS or path in project.tree.vendored:
            continue
        name, command = LOCKS[path.name]
        source = path.parent / name
        line = _line_of_torch(project.read(path))
        if source in edited or (line and source in files and not _lists_torch(files, source)):
            where = "" if path.parent == PurePosixPath(".") else f"cd '{path.parent}' && "
            yield path, line, f"is stale, as {source} changed: renew it with `{where}{command}`"
        elif line and source not in files:
            yield path, line, f"lists torch, but there is no {source} that it was made from"


def _lists_torch(files: Files, path: PurePosixPath) -> bool:
    return any(map(is_stack, files[path].names))


def _line_of_torch(data: bytes) -> int | None:
    try:
        text = decode(data).text
    except SourceError:
        return None
    match = TORCH.search(text)
    return text.count("\n", 0, match.end()) + 1 if match else None
