"""What no host would take of a value in fit512.toml, whatever its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from deploy.schemas import violations

_PYTHON = re.compile(r"3\.\d+(\.\d+)?")
_HEALTH = re.compile(r"/[^\s'\"`$\\]*")
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
OF_A_HOST = ("railway",)  # in the host's own words
PARTS = ("build", "deploy")
# Of an app on every host: Railway's name for it, and ours.
OF_THE_APP = {"buildCommand": "build", "startCommand": "command", "healthcheckPath": "health"}
_PATHS = ("folder", "keep", "manifest", "models", "stores")


def refusal(key: str, value: Any, root: Path) -> str | None:
    """Why `value` cannot be, in words that follow its key; None where it can."""
    if isinstance(value, str) and not value.strip():
        return "is empty. Write something, or leave the line out"
    if isinstance(value, str) and not value.isprintable():
        return f"{value!r} is not one line of printable text"
    if key == "name" and not re.search("[a-zA-Z0-9]", value):
        return f"{value!r} has no letter from a to z and no digit, and hosts take no others"
    if key == "health" and not _HEALTH.fullmatch(value):
        return f"{value!r} is no path such as /health: it begins with /, without blanks and quotes"
    if key == "python" and not _PYTHON.fullmatch(value):
        return f"{value!r} is no version such as 3.11 or 3.11.9"
    if key == "instances" and value < 1:
        return f"{value} is less than one"
    if key == "port" and not _is_port(value):
        return f"{value!r} is neither $PORT nor a number from 1 to 65535, nor false (a bot)"
    if key in _PATHS:
        return _path(key, value, root)
    if key == "railway":
        return _railway(value)
    if key == "environment":
        return _environment(value)
    return None


def _environment(values: Mapping[str, str]) -> str | None:
    """A Dockerfile takes no value of several lines."""
    for name, value in values.items():
        if not _VARIABLE.fullmatch(name):
            return f"{name!r} is no name of a variable"
        if not value.isprintable():
            return f"the value of {name} is not one line of printable text"
    return None


def _railway(settings: Mapping[str, Any]) -> str | None:
    """By the schema of railway.json, which has the keys of the program."""
    for part in settings:
        if part not in PARTS or not isinstance(settings[part], Mapping):
            return f"{part!r} is neither of the tables {' and '.join(PARTS)}"
        for key in settings[part].keys() & OF_THE_APP.keys():
            return f"{part}.{key} is `{OF_THE_APP[key]}` of [deploy], for every host"
        if "registryCredentials" in settings[part]:
            return f"{part}.registryCredentials is a secret, and stays on Railway: set it in the dashboard"
        wrong = next(violations("railway", settings[part], part, ["properties", part]), None)
        if wrong:
            return f"{part}: {wrong.message}"
    return None


def _is_port(value: int | str) -> bool:
    """`false`: it listens to none."""
    if isinstance(value, bool):
        return not value
    return value == "$PORT" if isinstance(value, str) else 0 < value < 65536


def _path(key: str, value: str | list[str], root: Path) -> str | None:
    """All stay inside the repository; what no build command makes has to be there."""
    for name in [value] if isinstance(value, str) else value:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            return f"{name!r} leaves the repository"
        if key in ("folder", "manifest") and not (root / path).exists():
            return f"{name!r} is not there"
    return None
