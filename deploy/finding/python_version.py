"""The Python of a repository."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import PurePosixPath

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from deploy.finding.blueprint import python_of
from deploy.plan import Found
from deploy.repository import Repository

# Pins of 2023 and 2024 have wheels for it, and every platform still has it.
DEFAULT = "3.11"
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")
FILE = ".python-version"
_OTHERS = ("runtime.txt", "Pipfile")
_CARET = re.compile(r"\^")
_TILDE = re.compile(r"~(?!=)([\d.]+)")
_VERSION = re.compile(r"(\d+\.\d+(?:\.\d+)?)")


def find_python(repository: Repository, folder: str = ".") -> Found[str]:
    """`.python-version`, PYTHON_VERSION of render.yaml, runtime.txt, Pipfile, pyproject.toml.

    Else the default. The app's folder comes before the root.
    """
    places = dict.fromkeys((folder, "."))
    return (
        _of_files(repository, [str(PurePosixPath(place, FILE)) for place in places])
        or python_of(repository)
        or _of_files(repository, [str(PurePosixPath(p, name)) for p in places for name in _OTHERS])
        or _of_pyproject(repository)
        or Found(DEFAULT, "default: no file names one")
    )


def _of_files(repository: Repository, names: Iterable[str]) -> Found[str] | None:
    for name in names:
        for number, line in enumerate((repository.text(name) or "").splitlines(), 1):
            wanted = (
                not name.endswith("Pipfile")
                or "python_version" in line
                or "python_full_version" in line
            )
            match = _VERSION.search(line) if wanted and not line.startswith("#") else None
            if match:
                return Found(match[1], f"{name}:{number}")
    return None


def _of_pyproject(repository: Repository) -> Found[str] | None:
    """The default where `requires-python` allows it, else the oldest supported that it allows."""
    try:
        document = tomllib.loads(repository.text("pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        return None
    wanted = document.get("project", {}).get("requires-python")
    poetry = document.get("tool", {}).get("poetry", {}).get("dependencies", {})
    said = str(wanted or poetry.get("python") or "")
    allowed = [version for version in (DEFAULT, *SUPPORTED) if _allows(said, version)]
    if allowed:
        return Found(allowed[0], "pyproject.toml: requires-python")
    match = _VERSION.search(said)
    return Found(match[1], "pyproject.toml: requires-python") if match else None


def _allows(said: str, version: str) -> bool:
    """Whether a specifier, or Poetry's ^3.10 and ~3.10, takes a release of this Python."""
    try:
        specifiers = SpecifierSet(_CARET.sub(">=", _TILDE.sub(r"==\1.*", said)))
    except InvalidSpecifier:
        return False
    return bool(said) and any(specifiers.contains(f"{version}.{patch}") for patch in (0, 9, 99))
