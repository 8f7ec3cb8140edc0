"""pyproject.toml (PEP 621, dependency groups, Poetry, uv) and Pipfile."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from itertools import count

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tools.migrate.requirements.edit import Edit
from tools.migrate.requirements.formats.poetry import requirement_of
from tools.migrate.requirements.formats.splice import Splice
from tools.migrate.requirements.formats.toml_places import Statement, statements, strings
from tools.migrate.requirements.lines import Line
from tools.migrate.source import Text

Path = tuple[str, ...]
VERSION = re.compile(r"""(\bversion\s*=\s*)(?:"[^"]*"|'[^']*')""")


def parse(text: str) -> tuple[Line, ...]:
    """The dependencies of every list and table, and the tables of PyTorch's own index."""
    if not valid(text):
        return ()
    found = list(statements(text))
    numbers = count(1)
    lines: list[Line] = []
    for index, statement in enumerate(found):
        path = statement.table + statement.key
        if statement.kind == "array":
            lines += _index(text, found[index:], numbers)
        elif statement.kind == "key" and _is_list(path):
            lines += _list(text, statement, numbers)
        elif statement.kind == "key" and _is_table(statement.table):
            lines += _entry(text, statement, numbers)
    return tuple(lines)


def valid(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def edited(text: Text, lines: Sequence[Line], edit: Edit) -> str:
    return Splice(text, lines, edit, _render).result()


def _is_list(path: Path) -> bool:
    return (
        (len(path) == 4 and path[:3] == ("tool", "poetry", "extras"))
        or path in (("project", "dependencies"), ("tool", "uv", "dev-dependencies"))
        or (len(path) == 3 and path[:2] == ("project", "optional-dependencies"))
        or (len(path) == 2 and path[0] == "dependency-groups")
        or (len(path) == 4 and path[:3] == ("tool", "pdm", "dev-dependencies"))
    )


def _is_table(table: Path) -> bool:
    poetry = table[:2] == ("tool", "poetry")
    group = len(table) == 5 and table[2] == "group" and table[4] == "dependencies"
    own = table[2:] in (("dependencies",), ("dev-dependencies",))
    return (
        (poetry and (own or group))
        or table in (("packages",), ("dev-packages",))
        or (table == ("tool", "uv", "sources"))
    )


def _list(text: str, statement: Statement, numbers: Iterator[int]) -> Iterator[Line]:
    slot = "list " + ".".join(statement.table + statement.key)
    extra = statement.table == ("tool", "poetry", "extras")  # names alone of what is listed above
    for start, end, value in strings(text, *statement.value):
        try:
            requirement = Requirement(value)
        except InvalidRequirement:
            continue
        line, span, raw = text.count("\n", 0, start) + 1, (start, end), text[start:end]
        if extra:
            asked = f"--extra {value}"
            yield Line(next(numbers), raw, "option", None, asked, span, slot, line)
        else:
            yield Line(next(numbers), raw, "requirement", requirement, value, span, slot, line)


def _entry(text: str, statement: Statement, numbers: Iterator[int]) -> Iterator[Line]:
    """`torch = "^2.1"`, or `torch = {index = "pytorch"}` of [tool.uv.sources]."""
    name = statement.key[0]
    value = tomllib.loads("v = " + text[slice(*statement.value)])["v"]
    place = (statement.start, statement.end)
    slot, line = "table " + ".".join(statement.table), text.count("\n", 0, statement.start) + 1
    raw = text[statement.start : statement.end]
    if statement.table == ("tool", "uv", "sources"):
        offered = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict) and "index" in one for one in offered):
            yield Line(next(numbers), raw, "option", None, f"--source {name}", place, slot, line)
    elif name != "python" and len(statement.key) == 1:
        requirement = requirement_of(name, value)
        if requirement:
            asked = str(requirement)
            yield Line(next(numbers), raw, "requirement", requirement, asked, place, slot, line)


def _index(text: str, rest: list[Statement], numbers: Iterator[int]) -> Iterator[Line]:
    """The table of an index, such as [[tool.uv.index]] and [[tool.poetry.source]]."""
    header, end = rest[0], rest[0].end
    for statement in rest[1:]:
        if statement.kind != "key":
            break
        end = statement.end
    raw = text[header.start : end]
    if "pytorch.org" in raw:
        url = next(iter(w for w in raw.replace("'", '"').split('"') if "pytorch.org" in w))
        line = text.count("\n", 0, header.start) + 1
        asked = f"--extra-index-url {url}"
        span, slot = (header.start, end), "index"
        yield Line(next(numbers), raw, "option", None, asked, span, slot, line)


def _render(requirement: str, beside: Line) -> str:
    if beside.slot.startswith("list"):
        return _quoted(requirement, "'" if beside.raw.startswith("'") else '"')
    parsed = Requirement(requirement)
    version = str(parsed.specifier) or "*"
    if beside.requirement and canonicalize_name(parsed.name) == beside.name and "{" in beside.raw:
        changed = VERSION.sub(lambda m: m[1] + _quoted(version, '"'), beside.raw, count=1)
        return changed.rstrip("\r\n")
    indent = beside.raw[: len(beside.raw) - len(beside.raw.lstrip(" \t"))]
    parts = {"version": _quoted(version, '"')}
    if parsed.extras:
        parts["extras"] = json.dumps(sorted(parsed.extras))
    if parsed.marker:
        parts["markers"] = _quoted(str(parsed.marker), '"')
    table = ", ".join(f"{key} = {value}" for key, value in parts.items())
    return f"{indent}{parsed.name} = {parts['version'] if len(parts) == 1 else f'{{{table}}}'}"


def _quoted(text: str, quote: str) -> str:
    other = "'" if quote == '"' else '"'
    return f"{other}{text}{other}" if quote in text else f"{quote}{text}{quote}"
