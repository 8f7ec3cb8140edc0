"""Poetry's and Pipenv's way of naming versions, in pip's words.

https://python-poetry.org/docs/dependency-specification/
"""

from __future__ import annotations

import re
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

CARET = re.compile(r"\^\s*(\d+(?:\.\d+)*)(\S*)")
TILDE = re.compile(r"~(?![=>])\s*(\d+(?:\.\d+)*)(\S*)")


def requirement_of(name: str, value: object) -> Requirement | None:
    """`torch = "^2.1"` as a requirement; None where it is a path, an address or not understood."""
    if isinstance(value, list) and value:
        value = value[0]  # one of several for different platforms
    table: dict[str, Any] = value if isinstance(value, dict) else {"version": value}
    version = table.get("version", "*")
    if not isinstance(version, str) or {"git", "path", "url", "file"} & table.keys():
        return None
    extras = table.get("extras", ())
    marker = table.get("markers")
    text = name + (f"[{','.join(extras)}]" if extras else "") + specifier_of(version)
    try:
        return Requirement(f"{text} ; {marker}" if marker else text)
    except (InvalidRequirement, TypeError):
        return None


def specifier_of(version: str) -> str:
    """ "^1.2" -> ">=1.2,<2"; a version alone is exact."""
    parts = [part.strip() for part in version.split("||")[0].split(",")]
    return ",".join(filter(None, map(_one, parts)))


def _one(part: str) -> str:
    if part in ("", "*"):
        return ""
    if match := CARET.fullmatch(part):
        return f">={match[1]}{match[2]},<{_next(match[1], _first_nonzero(match[1]))}"
    if match := TILDE.fullmatch(part):
        return f">={match[1]}{match[2]},<{_next(match[1], min(1, match[1].count('.')))}"
    return f"=={part}" if part[0].isdigit() else part.replace(" ", "")


def _first_nonzero(version: str) -> int:
    numbers = version.split(".")
    return next((i for i, number in enumerate(numbers) if int(number)), len(numbers) - 1)


def _next(version: str, place: int) -> str:
    numbers = version.split(".")[: place + 1]
    return ".".join([*numbers[:-1], str(int(numbers[-1]) + 1)])
