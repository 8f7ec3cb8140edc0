"""The settings module of a Django project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from deploy.repository import Repository

NAME = "DJANGO_SETTINGS_MODULE"
NAMED_IN = ("wsgi.py", "asgi.py", "manage.py")
_MODULE = re.compile(rf"{NAME}[\"']\s*(?:,|\]\s*=)\s*[\"']([\w.]+)[\"']")


def settings_file(
    repository: Repository, environment: Mapping[str, str]
) -> tuple[PurePosixPath, str] | None:
    """(path, text) of the module that the host will load; None where nothing names one."""
    texts = (repository.text(path) or "" for path in _entries(repository))
    named = (match[1] for text in texts for match in [_MODULE.search(text)] if match)
    module = environment.get(NAME) or next(named, None)
    if module is None:
        return None
    inner = module.replace(".", "/")
    ends = (f"/{inner}.py", f"/{inner}/__init__.py")
    for path in repository.served:
        if f"/{path}".endswith(ends):
            return path, repository.text(path) or ""
    return None


def _entries(repository: Repository) -> list[PurePosixPath]:
    """A server loads wsgi.py or asgi.py; manage.py may name other settings."""
    found = [path for path in repository.served if path.name in NAMED_IN]
    return sorted(found, key=lambda path: NAMED_IN.index(path.name))
