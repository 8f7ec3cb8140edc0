"""setup.py: lists of strings that `setup()` gets, written in the call or under a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst
from packaging.requirements import InvalidRequirement, Requirement

from tools.migrate.requirements.edit import Edit
from tools.migrate.requirements.formats.splice import Splice
from tools.migrate.requirements.lines import Line
from tools.migrate.source import Text
from tools.migrate.syntax.analysis import Analysis, analysed

KEYWORDS = frozenset({"install_requires", "extras_require"})


def parse(text: str) -> tuple[Line, ...]:
    """The requirements, where the lists can be seen; none of a file that does not parse."""
    try:
        analysis = analysed(text)
    except (cst.ParserSyntaxError, RecursionError):
        return ()
    if analysis.module.code != text:
        return ()
    utf8 = text.encode()
    found = [line for item in _lists(analysis) for line in _lines(analysis, item, utf8)]
    found.sort(key=lambda line: line.span)
    return tuple(replace(line, number=number) for number, line in enumerate(found, 1))


def valid(text: str) -> bool:
    try:
        cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError):
        return False
    return True


def edited(text: Text, lines: Sequence[Line], edit: Edit) -> str:
    return Splice(text, lines, edit, _render).result()


def _lists(analysis: Analysis) -> Iterator[cst.List | cst.Tuple]:
    values = [
        node.value
        for node in analysis.parents
        if isinstance(node, cst.Arg) and node.keyword and node.keyword.value in KEYWORDS
    ]
    named = {value.value for value in values if isinstance(value, cst.Name)}
    values += [
        node.value
        for node in analysis.parents
        if isinstance(node, cst.Assign)
        and isinstance(node.targets[0].target, cst.Name)
        and node.targets[0].target.value in named
    ]
    for value in values:
        for item in [e.value for e in value.elements] if isinstance(value, cst.Dict) else [value]:
            if isinstance(item, (cst.List, cst.Tuple)):
                yield item


def _lines(analysis: Analysis, items: cst.List | cst.Tuple, utf8: bytes) -> Iterator[Line]:
    begin = analysis.positions[items].start
    for element in items.elements:
        value = element.value
        if not isinstance(value, cst.SimpleString) or not isinstance(value.evaluated_value, str):
            continue
        try:
            requirement = Requirement(value.evaluated_value)
        except InvalidRequirement:
            continue
        place = analysis.positions[value]
        start = len(utf8[: place.start].decode())
        span = (start, start + len(value.value))
        shown = utf8[: place.start].count(b"\n") + 1
        asked, slot = value.evaluated_value, f"list {begin}"
        yield Line(0, value.value, "requirement", requirement, asked, span, slot, shown)


def _render(requirement: str, beside: Line) -> str:
    quote = "'" if beside.raw.endswith("'") else '"'
    other = '"' if quote == "'" else "'"
    return (
        f"{other}{requirement}{other}" if quote in requirement else f"{quote}{requirement}{quote}"
    )
