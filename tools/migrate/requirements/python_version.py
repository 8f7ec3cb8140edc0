"""Which Python a repository runs on, as far as it says so."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from tools.migrate.requirements.formats.poetry import specifier_of
from tools.migrate.source import SourceError, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

DEFAULT = "3.11"
OLDEST = "3.10"  # that the wheels of onnxruntime are made for
ALTERNATIVES = ("3.12", "3.13", "3.10")  # tried in turn where nothing is stated
STATED = (
    (re.compile(r"\.python-version"), re.compile(r"^\s*(3\.\d+)", re.M)),
    (re.compile(r"runtime\.txt"), re.compile(r"^\s*python-(3\.\d+)", re.M)),
    (
        re.compile(r"Dockerfile.*|.*\.Dockerfile", re.I),
        re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(?:\S*/)?python:(3\.\d+)", re.M | re.I),
    ),
    (
        re.compile(r"Pipfile"),
        re.compile(r"^python_(?:full_)?version\s*=\s*[\"'](3\.\d+)", re.M),
    ),
    (
        re.compile(r".*environment.*\.ya?ml|conda.*\.ya?ml", re.I),
        re.compile(r"^\s*-\s*[\"']?python\s*=+\s*(3\.\d+)", re.M),
    ),
    (
        re.compile(r"render\.ya?ml"),
        re.compile(r"PYTHON_VERSION[\"']?\s*\n?\s*(?:value:)?\s*[\"']?(3\.\d+)"),
    ),
)


RANGE = re.compile(r"""^(?:requires-python|python)\s*=\s*["']([^"']+)["']""", re.M)


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
        project_file = place / "pyproject.toml"
        if project.exists(project_file):
            match = RANGE.search(_text(project.read(project_file)))
            chosen = _within(match[1]) if match else None
            if chosen:
                return chosen, project_file
    return None


def _within(text: str) -> str | None:
    """The version to take of a range that leaves the usual one out."""
    try:
        allowed = SpecifierSet(specifier_of(text))
    except InvalidSpecifier:
        return None
    versions = (DEFAULT, *ALTERNATIVES)
    # A range is of patch releases too: 3.11 as such is not within ">3.11".
    fitting = [v for v in versions if any(f"{v}.{patch}" in allowed for patch in (0, 9))]
    return fitting[0] if fitting and fitting[0] != DEFAULT else None


def _text(data: bytes) -> str:
    try:
        return decode(data).text
    except SourceError:
        return ""
