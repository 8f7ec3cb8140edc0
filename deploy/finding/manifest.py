"""The file that is installed from: the lock beside a pyproject.toml, where git has one."""

from __future__ import annotations

from pathlib import PurePosixPath

from deploy.manifest.asked import LOCKS_OF_PYPROJECT
from deploy.plan import Found
from deploy.repository import Repository

_ROOT = ("requirements.txt", "pyproject.toml", "Pipfile")  # for an app that is only named


def find_manifest(repository: Repository, named: str | None) -> Found[str | None]:
    """`named` is what lies nearest to the app. Its lock is what was tried, and all Heroku takes."""
    if named is None:
        found = next((name for name in _ROOT if repository.text(name) is not None), None)
        return find_manifest(repository, found) if found else Found(None, "none")
    path = PurePosixPath(named)
    if path.name == "pyproject.toml":
        for lock in (path.with_name(name) for name in LOCKS_OF_PYPROJECT):
            if lock in repository.committed:
                return Found(str(lock), f"the lock beside {path}")
    return Found(named, "beside the app or above it")
