"""`--add-server`: a pinned line for the server that the start command needs.

The manifest is the user's: this is done only where it was asked for, and said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from deploy.manifest.encoding import decode
from vectorstore.commandline import CommandError

FLAG = "--add-server"
# Old enough for the pins and Pythons of 2023, new enough for what is known of their safety.
PINS: Mapping[str, str] = {"gunicorn": "23.0.0", "hypercorn": "0.17.3", "uvicorn": "0.34.0"}
LOCKS = {"poetry.lock": "poetry add", "uv.lock": "uv add", "Pipfile.lock": "pipenv install"}


@dataclass(frozen=True, slots=True)
class Edit:
    """A file that belongs to no platform, before and after; `said` is what is done to it."""

    path: str
    before: bytes
    after: bytes
    said: str


def pinned(name: str) -> str:
    return f"{name}=={PINS[name]}"


def add_server(path: str, data: bytes, name: str) -> Edit:
    """The manifest at `path` with one more requirement. Raises CommandError where it cannot be put in."""
    before = decode(data)
    kind = PurePosixPath(path).name
    add = _TABLES.get(kind, _line)
    if kind not in _TABLES and not kind.endswith((".in", ".txt")):
        raise _refused(path, name, "is no file that can be added to")
    try:
        after = before.text if _names(before.text, name) else add(before.text, name)
    except (TOMLKitError, _NoPlaceError) as error:
        raise _refused(path, name, str(error)) from error
    return Edit(path, data, before.encode(after), f"adds {pinned(name)} to {path}")


def locked_by(folder: Path, name: str) -> str | None:
    """What to run instead, where another tool's lock says what is installed."""
    found = (command for lock, command in LOCKS.items() if (folder / lock).is_file())
    command = next(found, None)
    return f"{command} {pinned(name)}" if command else None


class _NoPlaceError(Exception):
    """The manifest has no place for a requirement."""


def _names(text: str, name: str) -> bool:
    return bool(re.search(rf"^[ \t\"'{{]*{name}\b", text, re.MULTILINE | re.IGNORECASE))


def _line(text: str, name: str) -> str:
    """A line at the end, as the file ends its lines; nothing else is touched."""
    if re.search(r"--hash[=\s]", text):
        raise _NoPlaceError(
            "is a lock with hashes: add it to what the lock is made from, and renew it"
        )
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith("\n") else end
    return f"{text}{gap}{pinned(name)}{end}"


def _pyproject(text: str, name: str) -> str:
    document: Any = tomlkit.parse(text)
    poetry = document.get("tool", {}).get("poetry", {}).get("dependencies")
    listed = document.get("project", {}).get("dependencies")
    if listed is not None:
        listed.append(pinned(name))
    elif poetry is not None:
        poetry[name] = PINS[name]
    else:
        raise _NoPlaceError("has no list of dependencies")
    return tomlkit.dumps(document)


def _pipfile(text: str, name: str) -> str:
    document: Any = tomlkit.parse(text)
    document.setdefault("packages", tomlkit.table())[name] = f"=={PINS[name]}"
    return tomlkit.dumps(document)


_TABLES: Mapping[str, Callable[[str, str], str]] = {
    "Pipfile": _pipfile,
    "pyproject.toml": _pyproject,
}


def _refused(path: str, name: str, why: str) -> CommandError:
    return CommandError(f"{FLAG}: {path} {why}. Add {pinned(name)} to it by hand.")
