"""Which file asks for a package by name: not what a lock holds because another package wants it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any

from packaging.utils import canonicalize_name

from deploy.manifest.inputs import read_inputs
from deploy.repository import Repository

LOCKS_OF_PYPROJECT = ("uv.lock", "poetry.lock")
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
# pip-compile and uv: "# via langchain", and of what was asked for "# via -r requirements.in".
_VIA = re.compile(r"#\s+via\b")
_ASKED = re.compile(r"#.*(-r |\.toml|\.in\b|setup\.)")


def asked_in(repository: Repository, manifest: str | None, name: str) -> str | None:
    """The file that names the package `name` (canonical); None where none does."""
    inputs = read_inputs(repository, manifest, {})
    if inputs:
        texts = ((path, inputs.files[path]) for path in inputs.asking)
        return next((path for path, text in texts if name in _lines(text)), None)
    path = PurePosixPath(manifest or "")
    if path.name in LOCKS_OF_PYPROJECT:
        path = path.with_name("pyproject.toml")
    return str(path) if name in _table(repository.text(path) or "") else None


def _lines(text: str) -> Iterator[str]:
    lines = text.splitlines()
    for number, line in enumerate(lines):
        named = None if line.startswith((" ", "\t")) else _NAME.match(line)
        below = takewhile(lambda other: other.startswith((" ", "\t")), lines[number + 1 :])
        notes = "\n".join([line, *below])
        if named and (not _VIA.search(notes) or _ASKED.search(notes)):
            yield canonicalize_name(named[1])


def _table(text: str) -> Iterator[str]:
    """What pyproject.toml or Pipfile installs, without its groups and extras."""
    try:
        document: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    poetry = document.get("tool", {}).get("poetry", {}).get("dependencies", {})
    listed = document.get("project", {}).get("dependencies", [])
    for asked in (*listed, *poetry, *document.get("packages", {})):
        if named := _NAME.match(asked):
            yield canonicalize_name(named[1])
