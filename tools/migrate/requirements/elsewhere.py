"""Other places where a repository says what it installs: named, where they cannot be edited."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.requirements.lines import parse
from tools.migrate.source import SourceError, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

MANIFEST = re.compile(
    r"pyproject\.toml|Pipfile|setup\.(?:py|cfg)|(?:.*environment.*|conda.*)\.ya?ml|.*dockerfile.*|"
    r".*\.(?:sh|bash|bat|ps1)|render\.ya?ml|railway\.(?:toml|json)|nixpacks\.toml|\.replit",
    re.I,
)
LISTED = re.compile(r"(?<![\w./-])(?:torch|sentence[-_]transformers)(?![\w/])", re.I)
CODE = re.compile(r"""\s-c\s+(?:"[^"]*"|'[^']*')""")


def torch_elsewhere(
    project: Project, read: Container[PurePosixPath]
) -> Iterator[tuple[PurePosixPath, int, str]]:
    """(file, line, what it lists) of the first mention of torch in each file that was not `read`."""
    for path in project.paths():
        if path in read or path in project.tree.vendored:
            continue
        if MANIFEST.fullmatch(path.name):
            for line in parse(_text(project.read(path))):
                raw = line.raw.partition("#")[0]
                # `python -c` in a Dockerfile lists nothing: see image_models.
                match = LISTED.search(CODE.sub("", raw) if "docker" in path.name.lower() else raw)
                if match:
                    yield path, line.number, match[0]
                    break


def _text(data: bytes) -> str:
    try:
        return decode(data).text
    except SourceError:
        return ""
