"""What manifests other than requirement files ask for: a package and a range, whatever the notation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from tools.migrate.source import SourceError, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

MANIFEST = re.compile(
    r"pyproject\.toml|Pipfile|setup\.(?:py|cfg)|environment\.ya?ml|conda\.ya?ml|Dockerfile.*", re.I
)
LOCK = re.compile(r"(?:poetry|uv|pdm)\.lock|Pipfile\.lock", re.I)
_VERSION = r"\d\w*(?:\.\w+)*(?:\.\*)?"
# A quoted requirement, a line of a TOML table, conda's `name=version`, `pip install name==version`.
LISTED = re.compile(
    r"(?<![\w./-])(?P<name>[A-Za-z][\w-]*)(?:\[[^\]\n]*\])?[\"']?\s*(?:=\s*(?!=))?"
    r"(?:\{[^}\n]*?\bversion\s*=\s*)?[\"']?\s*"
    rf"(?P<range>(?:[\^~]|[~=<>!]=|===|[<>])?\s*{_VERSION}"
    rf"(?:\s*,\s*(?:[~=<>!]=|[<>])\s*{_VERSION})*)"
)
LOCKED = re.compile(
    r"name = \"(?P<name>[\w.-]+)\"\s+version = \"(?P<range>[^\"]+)\""
    r"|\"(?P<key>[\w.-]+)\": \{[^{}]*?\"version\": \"(?P<pin>==[^\"]+)\""
)


def listed_elsewhere(project: Project) -> Iterator[tuple[PurePosixPath, str, str]]:
    """(file, package, PEP 440 specifier) of whatever looks like a requirement with a range."""
    for path in project.paths():
        if path in project.tree.vendored:
            continue
        if MANIFEST.fullmatch(path.name):
            for package, wanted in in_manifest(_text(project.read(path))):
                yield path, package, wanted
        elif LOCK.fullmatch(path.name):
            for package, version in in_lock(_text(project.read(path))):
                yield path, package, version


def mentioned(project: Project, packages: Iterable[str]) -> set[str]:
    """Those of some packages whose names stand in a manifest, whatever is asked of them."""
    texts = [
        canonicalize_name(_text(project.read(path)))
        for path in project.paths()
        if MANIFEST.fullmatch(path.name) and path not in project.tree.vendored
    ]
    patterns = {name: re.compile(rf"(?<![\w-]){name}(?![\w-])") for name in packages}
    return {name for name in packages if any(patterns[name].search(text) for text in texts)}


def in_manifest(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        for match in LISTED.finditer(line.partition("#")[0]):
            yield canonicalize_name(match["name"]), as_specifier(match["range"])


def in_lock(text: str) -> Iterator[tuple[str, str]]:
    for match in LOCKED.finditer(text):
        version = match["pin"] or f"=={match['range']}"
        yield canonicalize_name(match["name"] or match["key"]), version


def as_specifier(wanted: str) -> str:
    """Poetry's `^0.3`, `~0.3` and `0.3`, and conda's `=0.3`, as PEP 440 has them."""
    operator, version = re.fullmatch(r"([\^~](?!=))?\s*(.*)", wanted, re.S).groups()  # type: ignore[union-attr]
    if operator is None and not version[0].isdigit():
        return wanted
    parts = version.removesuffix(".*").split(".")
    if operator == "~":
        return f"=={'.'.join(parts[:2])}.*"
    fixed = next((i for i, part in enumerate(parts) if part.strip("0")), len(parts) - 1)
    return f">={'.'.join(parts)},=={'.'.join(parts[: fixed + 1])}.*"


def _text(data: bytes) -> str:
    try:
        return decode(data).text
    except SourceError:
        return ""
