"""The Python of a repository."""

from __future__ import annotations

import re
import tomllib
from pathlib import PurePosixPath

from deploy.plan import Found
from deploy.repository import Repository

# Pins of 2023 and 2024 have wheels for it, and every platform still has it.
DEFAULT = "3.11"
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")
_VERSION = re.compile(r"(\d+\.\d+(?:\.\d+)?)")


def find_python(repository: Repository, folder: str = ".") -> Found[str]:
    """`.python-version`, then runtime.txt, Pipfile, pyproject.toml, else the default.

    The app's folder comes before the root.
    """
    files = (".python-version", "runtime.txt", "Pipfile")
    places = dict.fromkeys((folder, "."))
    for name in (str(PurePosixPath(place, file)) for place in places for file in files):
        for number, line in enumerate((repository.text(name) or "").splitlines(), 1):
            wanted = (
                not name.endswith("Pipfile")
                or "python_version" in line
                or "python_full_version" in line
            )
            match = _VERSION.search(line) if wanted and not line.startswith("#") else None
            if match:
                return Found(match[1], f"{name}:{number}")
    return _of_pyproject(repository) or Found(DEFAULT, "default: no file names one")


def _of_pyproject(repository: Repository) -> Found[str] | None:
    """The default where `requires-python` allows it, else the oldest supported that it names."""
    try:
        document = tomllib.loads(repository.text("pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        return None
    wanted = document.get("project", {}).get("requires-python")
    poetry = document.get("tool", {}).get("poetry", {}).get("dependencies", {})
    match = _VERSION.search(str(wanted or poetry.get("python") or ""))
    if not match:
        return None
    named = ".".join(match[1].split(".")[:2])
    version = next((v for v in SUPPORTED if _key(v) >= max(_key(named), _key(DEFAULT))), named)
    return Found(version, "pyproject.toml: requires-python")


def _key(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
