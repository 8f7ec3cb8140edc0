"""Which Python a repository runs on, as far as it says so."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.source import SourceError, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

DEFAULT = "3.11"
ALTERNATIVES = ("3.12", "3.13", "3.10")  # tried in turn where nothing is stated
STATED = (
    (re.compile(r"\.python-version"), re.compile(r"^\s*(3\.\d+)", re.M)),
    (re.compile(r"runtime\.txt"), re.compile(r"^\s*python-(3\.\d+)", re.M)),
    (
        re.compile(r"Dockerfile.*|.*\.Dockerfile", re.I),
        re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(?:\S*/)?python:(3\.\d+)", re.M | re.I),
    ),
    (
        re.compile(r"render\.ya?ml"),
        re.compile(r"PYTHON_VERSION[\"']?\s*\n?\s*(?:value:)?\s*[\"']?(3\.\d+)"),
    ),
)


def stated_python(project: Project, folder: PurePosixPath) -> tuple[str, PurePosixPath] | None:
    """("3.11", file that says so) for the app in `folder`; None when no file does."""
    present = project.paths()
    for place in (folder, *folder.parents):
        for names, version in STATED:
            for path in present:
                if path.parent == place and names.fullmatch(path.name):
                    match = version.search(_text(project.read(path)))
                    if match:
                        return match[1], path
    return None


def _text(data: bytes) -> str:
    try:
        return decode(data).text
    except SourceError:
        return ""
