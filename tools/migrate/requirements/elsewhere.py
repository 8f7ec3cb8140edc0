"""Other places where a repository says what it installs: named, since they are not edited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.requirements.lines import parse
from tools.migrate.source import SourceError, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

MANIFEST = re.compile(
    r"pyproject\.toml|Pipfile|setup\.(?:py|cfg)|environment\.ya?ml|conda\.ya?ml|Dockerfile.*|.*\.sh|"
    r"render\.ya?ml|nixpacks\.toml|\.replit",
    re.I,
)
LISTED = re.compile(r"(?<![\w./-])(?:torch|sentence[-_]transformers)(?![\w/])", re.I)


def torch_elsewhere(project: Project) -> Iterator[tuple[PurePosixPath, int, str]]:
    """(file, line, what it lists) of the first mention of torch in each such file."""
    for path in project.paths():
        if MANIFEST.fullmatch(path.name) and path not in project.tree.vendored:
            for line in parse(_text(project.read(path))):
                match = LISTED.search(line.raw.partition("#")[0])
                if match:
                    yield path, line.number, match[0]
                    break


def _text(data: bytes) -> str:
    try:
        return decode(data).text
    except SourceError:
        return ""
