"""The pinned packages of a requirements file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deploy.repository import Repository

_CONTINUED = re.compile(r"\\\r?\n")
_HASHES = re.compile(r"\s--hash=\S+")


def requirements(repository: Repository, manifest: str | None) -> Iterator[tuple[int, Requirement]]:
    """(line, requirement) of a requirements file; nothing of another kind of manifest."""
    if manifest is None or not manifest.endswith(".txt"):
        return
    number = 1
    for line in _CONTINUED.split(repository.text(manifest) or ""):
        for inner in line.splitlines() or [""]:
            code = _HASHES.sub("", inner).partition(" #")[0].strip()
            try:
                if code and not code.startswith(("#", "-")):
                    yield number, Requirement(code)
            except InvalidRequirement:
                pass  # a URL or a path
            number += 1


def name_of(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def pin_of(requirement: Requirement) -> str | None:
    """The version of `name==version`."""
    exact = [
        s.version for s in requirement.specifier if s.operator == "==" and "*" not in s.version
    ]
    return exact[0] if len(exact) == 1 else None
