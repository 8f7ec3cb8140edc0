"""setup.cfg: the requirements that setuptools reads from it, one a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from tools.migrate.requirements.edit import Edit
from tools.migrate.requirements.formats.splice import Splice
from tools.migrate.requirements.lines import Line
from tools.migrate.source import Text

SECTION = re.compile(r"\[([^\]\r\n]+)\]")
OPTION = re.compile(r"([\w.-]+)[ \t]*[=:]")


def parse(text: str) -> tuple[Line, ...]:
    return tuple(_lines(text))


def edited(text: Text, lines: Sequence[Line], edit: Edit) -> str:
    return Splice(text, lines, edit, _render).result()


def _lines(text: str) -> Iterator[Line]:
    section = option = ""
    position = number = 0
    for shown, raw in enumerate(text.splitlines(keepends=True), 1):
        start, position = position, position + len(raw)
        value = raw.strip()
        if match := SECTION.match(raw):
            section, option = match[1].strip(), ""
        elif match := OPTION.match(raw):
            option = match[1]
        elif raw[:1] in (" ", "\t") and value and value[0] not in "#;" and _holds(section, option):
            try:
                requirement = Requirement(value.partition(" #")[0])
            except InvalidRequirement:
                continue
            number += 1
            asked, slot = str(requirement), f"lines {section} {option}"
            span = (start, position)
            yield Line(number, raw, "requirement", requirement, asked, span, slot, shown)


def _holds(section: str, option: str) -> bool:
    return section == "options.extras_require" or (section, option) == (
        "options",
        "install_requires",
    )


def _render(requirement: str, beside: Line) -> str:
    return beside.raw[: len(beside.raw) - len(beside.raw.lstrip(" \t"))] + requirement
