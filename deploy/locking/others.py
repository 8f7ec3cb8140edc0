"""What the locks of uv, poetry and pipenv install on the host, without their groups for development.

https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
https://pipenv.pypa.io/en/latest/pipfile.html
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deploy.locking.needs import Need, Package, walked
from deploy.locking.resolved import Resolved
from deploy.repository import Repository

UNKNOWN = "of no known version"  # from a URL or a folder
_LOCK_OF = {"uv.lock": "uv.lock", "poetry.lock": "poetry.lock", "Pipfile": "Pipfile.lock"}
_ENTRY = re.compile(r'(?:name = "([^"]+)"|\s+"([^"]+)": \{)\s*')


def lock_of(manifest: str | None) -> str | None:
    """The lock that is installed from, where another tool made it; None for other manifests."""
    path = PurePosixPath(manifest or "")
    return str(path.with_name(_LOCK_OF[path.name])) if path.name in _LOCK_OF else None


def read_other(repository: Repository, manifest: str | None, python: str) -> Resolved | None:
    """What is installed with a Python such as 3.11; None where there is no such lock, or a damaged one."""
    path = lock_of(manifest)
    text = None if path is None else repository.text(path)
    if path is None or text is None:
        return None
    project = repository.text(PurePosixPath(path).with_name("pyproject.toml")) or ""
    try:
        return _READERS[PurePosixPath(path).name](text, project, _environment(python))
    except (ValueError, KeyError, TypeError, AttributeError):  # damaged, or of another form
        return None


def place(repository: Repository, path: str, name: str) -> str:
    """`path:line` where a lock has the package; the path alone where it is not found."""
    for number, line in enumerate((repository.text(path) or "").splitlines(), 1):
        entry = _ENTRY.fullmatch(line)
        if entry and canonicalize_name(entry[1] or entry[2]) == name:
            return f"{path}:{number}"
    return path


def _environment(python: str) -> dict[str, str]:
    """A host is Linux, and takes the newest patch of a Python."""
    minor = ".".join(python.split(".")[:2])
    return {
        "extra": "",
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{minor}.99",
        "python_version": minor,
        "sys_platform": "linux",
    }


def _applies(marker: str | None, environment: Mapping[str, str]) -> bool:
    try:
        return marker is None or Marker(marker).evaluate(dict(environment))
    except (InvalidMarker, UndefinedEnvironmentName):
        return True


def _uv(text: str, project: str, environment: Mapping[str, str]) -> Resolved | None:
    def needs(listed: Any) -> list[Need]:
        return [
            Need(canonicalize_name(one["name"]), tuple(one.get("extra", ())), one.get("version"))
            for one in listed
            if _applies(one.get("marker"), environment)
        ]

    packages: list[Package] = []
    roots: list[Package] = []
    for entry in tomllib.loads(text)["package"]:
        extras = entry.get("optional-dependencies", {})
        asked = needs(entry.get("dependencies", ()))
        name, version = canonicalize_name(entry["name"]), entry.get("version", UNKNOWN)
        package = Package(name, version, asked, {key: needs(extras[key]) for key in extras})
        source = entry.get("source", {})
        own = "." in (source.get("virtual"), source.get("editable"), source.get("directory"))
        (roots if own else packages).append(package)
    return walked(packages, [need for root in roots for need in root.needs]) if roots else None


def _poetry(text: str, project: str, environment: Mapping[str, str]) -> Resolved | None:
    asked = [*_asked_of_poetry(tomllib.loads(project), environment)]
    packages = [_of_poetry(entry, environment) for entry in tomllib.loads(text)["package"]]
    return walked(packages, asked) if project else None


def _asked_of_poetry(document: Any, environment: Mapping[str, str]) -> Iterator[Need]:
    """What pyproject.toml installs itself."""
    listed = document.get("project", {}).get("dependencies", [])
    table = document.get("tool", {}).get("poetry", {}).get("dependencies", {})
    yield from filter(None, (_required(line, environment) for line in listed))
    for name, said in table.items():
        if name != "python":
            yield from _said(name, said, environment)


def _of_poetry(entry: Any, environment: Mapping[str, str]) -> Package:
    extras: dict[str, list[Need]] = {
        canonicalize_name(extra): [
            *filter(None, (_required(line, {**environment, "extra": extra}) for line in lines))
        ]
        for extra, lines in entry.get("extras", {}).items()
    }
    table = entry.get("dependencies", {})
    needs = [need for name in table for need in _said(name, table[name], environment)]
    return Package(canonicalize_name(entry["name"]), entry["version"], needs, extras)


def _said(name: str, said: Any, environment: Mapping[str, str]) -> Iterator[Need]:
    """A version, a table with one, or several of these; what is optional an extra brings."""
    for one in said if isinstance(said, list) else [said]:
        table = one if isinstance(one, dict) else {}
        if not table.get("optional") and _applies(table.get("markers"), environment):
            yield Need(canonicalize_name(name), tuple(table.get("extras", ())))


def _required(line: str, environment: Mapping[str, str]) -> Need | None:
    try:
        asked = Requirement(line)
    except InvalidRequirement:
        return Need(canonicalize_name(line.split()[0]))  # poetry writes versions as `(^1.0)` too
    marker = str(asked.marker) if asked.marker else None
    need = Need(canonicalize_name(asked.name), tuple(asked.extras))
    return need if _applies(marker, environment) else None


def _pipenv(text: str, project: str, environment: Mapping[str, str]) -> Resolved:
    """It holds no word on who asks for what."""
    packages = [
        Package(canonicalize_name(name), entry.get("version", UNKNOWN).removeprefix("=="))
        for name, entry in json.loads(text)["default"].items()
        if _applies(entry.get("markers"), environment)
    ]
    return walked(packages, [Need(package.name) for package in packages])


_READERS: Mapping[str, Callable[[str, str, Mapping[str, str]], Resolved | None]] = {
    "Pipfile.lock": _pipenv,
    "poetry.lock": _poetry,
    "uv.lock": _uv,
}
