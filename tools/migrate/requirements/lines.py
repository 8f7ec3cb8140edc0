"""A requirements file as lines that join to the text again, whatever is in it.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

Kind = Literal["requirement", "option", "location", "nothing", "invalid", "conda"]
COMMENT = re.compile(r"(^|\s+)#.*$", re.S)
OPTIONS = re.compile(r"\s+--?(?=[a-z])")
HASH = re.compile(r"--hash[=\s]+(\S+)")
LOCATION = re.compile(r"(?:[\w+]+://|\.{0,2}/|\.$|[A-Za-z]:\\|\S+\.(?:whl|zip|tar\.gz)$)")
WHEEL = re.compile(r"(?:^|[/\\])([A-Za-z0-9_.]+)-[^/\\]+\.whl(?:#\S*)?$")
APART = re.compile(r"dev|group|optional|extras|tests?\b")
INCLUDE = re.compile(r"(-r|--requirement|-c|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(\S.*)")
INDEX = re.compile(r"(-i|--index-url|--extra-index-url|-f|--find-links)(?:\s*=\s*|\s+)(\S.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line: with its continuation lines, its comment and its line ending.

    requirement  a package by name; `requirement` holds it
    option       -r, --index-url, -e, --hash for all …
    location     a path or an address without a name
    nothing      blank, or a comment
    invalid      pip refuses the file because of it
    conda        a package by name that conda installs, not pip

    In other formats than pip's it is one entry: `asked` says in pip's words what it asks for.
    """

    number: int  # of its first physical line, from 1; in other formats a running number
    raw: str
    kind: Kind
    requirement: Requirement | None = None
    asked: str = ""
    span: tuple[int, int] = (0, 0)
    slot: str = ""  # the list or table that it is in
    shown: int = 0  # its line, where `number` is another one

    @property
    def line(self) -> int:
        return self.shown or self.number

    @property
    def name(self) -> str:
        """The canonical name of the package, or ""; a wheel by its address has one too."""
        if self.kind == "location" and (match := WHEEL.search(self.code)):
            return canonicalize_name(match[1])
        return canonicalize_name(self.requirement.name) if self.requirement else ""

    @property
    def pin(self) -> str:
        """The version after "==", or ""."""
        for specifier in self.requirement.specifier if self.requirement else ():
            if specifier.operator in ("==", "===") and not specifier.version.endswith(".*"):
                return specifier.version
        return ""

    @property
    def code(self) -> str:
        """What is asked for: the line without comment, continuation and line ending."""
        return self.asked or _code(self.raw)

    @property
    def hashed(self) -> bool:
        return bool(HASH.search(self.code))

    @property
    def on_one_line(self) -> bool:
        """Whether it can become a comment, which is never continued."""
        return len(self.raw.splitlines()) == 1 and not self.raw.rstrip("\r\n").endswith("\\")

    @property
    def ending(self) -> str:
        """The line ending, or "" at the end of the text."""
        return self.raw[len(self.raw.rstrip("\r\n")) :]

    @property
    def for_development(self) -> bool:
        """Whether it is in a list of its own that the app runs without."""
        return bool(APART.search(self.slot))

    def include(self) -> tuple[str, str] | None:
        """("-r" or "-c", path) of a line that names another file."""
        match = INCLUDE.fullmatch(self.code)
        return (match[1][:3].strip("-")[0], match[2].strip("\"'")) if match else None

    def index(self) -> str:
        """The address of a line that names a package index or a page of links, or ""."""
        match = INDEX.fullmatch(self.code)
        return match[2] if match else ""


def parse(text: str) -> tuple[Line, ...]:
    """The lines of a requirements file; their `raw` joined is `text`."""
    lines = []
    number, start, raw = 1, 1, ""
    for physical in text.splitlines(keepends=True):
        raw += physical
        number += 1
        continued = physical.rstrip("\r\n").endswith("\\") and not physical.lstrip().startswith("#")
        if not continued:
            lines.append(_line(start, raw))
            start, raw = number, ""
    if raw:
        lines.append(_line(start, raw))
    return tuple(lines)


def join(lines: Iterable[Line]) -> str:
    return "".join(line.raw for line in lines)


def _code(raw: str) -> str:
    parts = [part.rstrip("\\") for part in raw.splitlines()]
    return COMMENT.sub("", " ".join(parts)).strip()


def _line(number: int, raw: str) -> Line:
    code = _code(raw)
    if not code:
        return Line(number, raw, "nothing")
    if code.startswith("-"):
        return Line(number, raw, "option")
    try:
        return Line(number, raw, "requirement", Requirement(OPTIONS.split(code)[0]))
    except InvalidRequirement:
        return Line(number, raw, "location" if LOCATION.match(code) else "invalid")
