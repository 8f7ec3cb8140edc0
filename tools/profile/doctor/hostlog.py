"""What a host's log says: the lines in which Render, Heroku, Railway and Python tell of trouble."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

_KEPT = 160


class Trouble(StrEnum):
    """What a line tells of."""

    MEMORY = "memory"
    SLOW_ANSWER = "slow answers"
    SLOW_START = "slow start"
    NO_LOAD = "does not load"


@dataclass(frozen=True)
class Sign:
    """One kind of line: the first such line, its number, and how many there were."""

    trouble: Trouble
    meaning: str
    line: int
    text: str
    count: int = 1
    mib: float | None = None  # what the host says was used


# Each with the host's own words: https://devcenter.heroku.com/articles/error-codes and Render's events.
_SIGNS = (
    (Trouble.MEMORY, "Render ended it for memory", r"(?:Ran out of|Out of) memory \(used over (?P<size>\d+\s*[MG]i?B?)\)|exceeded its memory limit"),
    (Trouble.MEMORY, "Heroku R14: over its memory, swapping and slow", r"\bR14\b"),
    (Trouble.MEMORY, "Heroku R15: killed at twice its memory", r"\bR15\b"),
    (Trouble.MEMORY, "Heroku counted its memory", r"Process running mem=(?P<size>\d+(?:\.\d+)?M)\b"),
    (Trouble.MEMORY, "Cloud Run ended it for memory", r"Memory limit of \d+ [MG]iB exceeded with (?P<size>\d+ [MG]iB) used"),
    (Trouble.MEMORY, "the kernel killed it for memory", r"Out of memory: Killed process \d+|oom_killed=true"),
    (Trouble.MEMORY, "killed by SIGKILL, which mostly is the memory limit", r"\b(?:[Ee]xit(?:ed)?(?: with)?(?: (?:[Cc]ode|[Ss]tatus))?:? 137|signal: killed|status 137|SIGKILL|OOMKilled|oom-kill)\b|was sent SIGKILL"),
    (Trouble.MEMORY, "an allocation failed", r"\b_?(?:Array)?MemoryError\b|std::bad_alloc|Cannot allocate memory|DefaultCPUAllocator: (?:can't allocate|not enough) memory"),
    (Trouble.SLOW_ANSWER, "Heroku H12: no first byte within 30 s", r"\bH12\b"),
    (Trouble.SLOW_ANSWER, "Heroku H15: a stream was idle for 55 s", r"\bH15\b"),
    (Trouble.SLOW_ANSWER, "gunicorn ended a worker that answered for too long", r"WORKER TIMEOUT"),
    (Trouble.SLOW_START, "Heroku R10: did not bind to $PORT within 60 s", r"\bR10\b"),
    (Trouble.SLOW_START, "Render found no open port", r"No open ports detected|Port scan timeout reached"),
    (Trouble.SLOW_START, "the health check was not answered in time", r"[Hh]ealth ?check.*(?:[Tt]imed out|[Ff]ailed)|Timed out after waiting for internal health check"),
    (Trouble.NO_LOAD, "a module is missing", r"(?:ModuleNotFoundError|ImportError): (?P<what>.+)"),
    (Trouble.NO_LOAD, "a file is missing", r"FileNotFoundError: (?P<file>.+)|could not open .+ for reading: No such file|NoSuchFile"),
    (Trouble.NO_LOAD, "a library of the system is missing", r"error while loading shared libraries|cannot open shared object file"),
)  # fmt: skip
_PATTERNS = [(trouble, meaning, re.compile(text)) for trouble, meaning, text in _SIGNS]
# Powers of 1024 all of them: Render writes 512MB and 512Mi of the same limit.
_UNITS = {"M": 1.0, "MB": 1.0, "Mi": 1.0, "MiB": 1.0, "G": 1024.0, "GB": 1024.0, "Gi": 1024.0, "GiB": 1024.0}  # fmt: skip


def signs(lines: Iterable[str]) -> list[Sign]:
    """The kinds of trouble in a log, in the order of their first lines."""
    found: dict[str, Sign] = {}
    for number, line in enumerate(lines, 1):
        for sign in _signs(line, number):
            old = found.get(sign.meaning)
            if old is None:
                found[sign.meaning] = sign
            else:
                mib = max(filter(None, (old.mib, sign.mib)), default=None)
                found[sign.meaning] = Sign(
                    old.trouble, old.meaning, old.line, old.text, old.count + 1, mib
                )
    return sorted(found.values(), key=lambda sign: sign.line)


def _signs(line: str, number: int) -> Iterator[Sign]:
    for trouble, meaning, pattern in _PATTERNS:
        match = pattern.search(line)
        if match:
            size = match.groupdict().get("size")
            # Only the words that were looked for: the rest of a log line may hold anything.
            yield Sign(trouble, meaning, number, match[0][:_KEPT], mib=_mib(size))


def _mib(size: str | None) -> float | None:
    match = re.fullmatch(r"([\d.]+)\s*(\w+)", size) if size else None
    return float(match[1]) * _UNITS[match[2]] if match else None
