"""The packages of a requirements file, and of those that it includes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deploy.manifest.inputs import read_inputs
from deploy.repository import Repository

_CONTINUED = re.compile(r"\\\r?\n")
_HASHES = re.compile(r"\s--hash=\S+")


def requirements(repository: Repository, manifest: str | None) -> Iterator[tuple[str, Requirement]]:
    """("file:line", requirement) of a requirements file; nothing of another kind of manifest."""
    inputs = read_inputs(repository, manifest, {})
    if inputs is None:
        return
    for path in inputs.asking:
        yield from ((f"{path}:{line}", asked) for line, asked in _lines(inputs.files[path]))


def _lines(text: str) -> Iterator[tuple[int, Requirement]]:
    number = 1
    for line in _CONTINUED.split(text):
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
