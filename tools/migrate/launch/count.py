"""A number of worker processes as launch files write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Hosts set it themselves (Heroku to 2 on its 512 MB dynos), so that a default is no default.
SET_BY_HOSTS = "WEB_CONCURRENCY"
DEFAULTED = re.compile(r"(\$\$?\{(\w+):?[-=])([^{}]*)(\})")
VARIABLE = re.compile(r"\$\$?\{?(\w+)\}?|%(\w+)%|\$env:(\w+)")
COUNTED = re.compile(r"\$\(|`|nproc|cpu|NUMBER_OF_PROCESSORS|\$\(\(", re.I)


@dataclass(frozen=True, slots=True)
class Count:
    """`one` is how to write one worker there; None where it says one, or where nobody can tell."""

    one: str | None
    variable: str | None = None  # that decides
    unclear: bool = False


def count(value: str) -> Count:
    if re.fullmatch(r"\d+", value):
        return Count("1" if int(value) != 1 else None)
    if match := DEFAULTED.fullmatch(value):
        before, name, default, after = match.groups()
        if name == SET_BY_HOSTS:
            return Count("1")
        return Count(f"{before}1{after}" if default != "1" else None, variable=name)
    if match := VARIABLE.fullmatch(value):
        name = next(group for group in match.groups() if group)
        return Count("1") if name in (SET_BY_HOSTS, "NUMBER_OF_PROCESSORS") else Count(None, name)
    return Count("1") if COUNTED.search(value) else Count(None, unclear=True)
