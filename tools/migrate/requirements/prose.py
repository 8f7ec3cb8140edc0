"""Lines of a requirements file that ask for no package: prose, commands, Markdown's fences.

pip refuses the whole file because of one such line. A package that was meant, but is written in a
way that pip does not take (`numpy=1.21`), is no such line.
"""

from __future__ import annotations

import re
from collections.abc import Set

from packaging.utils import canonicalize_name

from tools.migrate.requirements.known import is_known
from tools.migrate.requirements.lines import Line, parse

WORD = re.compile(r"[A-Za-z0-9](?:[\w.-]*\w)?")
FENCE = re.compile(r"(?:```|~~~)\w*")
CONFLICT = re.compile(r"[<=>|]{7}")
PIP = re.compile(r"[$%>!]?\s*(?:python[\d.]*\s+-m\s+)?pip[\d.]*\s+install\s+(.+)", re.I)
A_PACKAGE = re.compile(r"[\w.-]+\s*(?:[\[(=<>~!@;,]|\d|$)")
_WORDS = """
    a activate all and below cd dependencies for following in install installation is libraries
    packages required requirements run the these this to use using with you your
"""
SIGNS = frozenset(_WORDS.split())


def asks_for_nothing(line: Line, file: str, listed: Set[str], used: Set[str]) -> bool:
    """Whether an invalid line of the file of that name may become a comment.

    Not where it names a package that no line lists and the code uses, or that is well known.
    """
    code = line.code
    if line.kind != "invalid" or "${" in code or CONFLICT.match(code) or not line.on_one_line:
        return False
    if _is_requirement(code):
        return True  # of a module, for which there is no package
    if match := PIP.fullmatch(code):
        return _installs_what_is_listed(match[1].split(), file, listed)
    words = WORD.findall(code)
    if any(_is_missing(word, listed, used) for word in words):
        return False
    return bool(FENCE.fullmatch(code)) or not words or _is_prose(code, words)


def _is_requirement(code: str) -> bool:
    (line,) = parse(code)
    return line.kind == "requirement"


def _is_missing(word: str, listed: Set[str], used: Set[str]) -> bool:
    name = canonicalize_name(word)
    return name not in listed and (name in used or is_known(word, name))


def _installs_what_is_listed(arguments: list[str], file: str, listed: Set[str]) -> bool:
    if arguments == ["-r", file]:
        return True
    return all(WORD.fullmatch(a) and canonicalize_name(a) in listed for a in arguments)


def _is_prose(code: str, words: list[str]) -> bool:
    return not A_PACKAGE.match(code) and not SIGNS.isdisjoint(word.lower() for word in words)
