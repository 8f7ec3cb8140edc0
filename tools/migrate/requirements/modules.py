"""Lines that name a part of Python (`sqlite3`, `python==3.10`) for which there is no package."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import PurePosixPath

from tools.migrate.requirements.files import Files, RequirementFile
from tools.migrate.requirements.formats import PIP
from tools.migrate.requirements.lines import Line
from tools.migrate.requirements.python_version import DEFAULT
from tools.migrate.requirements.resolve import ResolveError, resolve
from tools.migrate.requirements.stack import TORCH_INDEX

PARTS = sys.stdlib_module_names | {"python"}
NONE = re.compile(r"was not found in the (?:package registry|provided package locations)")


def with_modules_invalid(files: Files) -> dict[PurePosixPath, RequirementFile]:
    """The files, with these lines as invalid ones. Another index than the usual may have them."""
    lines = [line for file in files.values() for line in file.lines]
    if any(line.index() and not TORCH_INDEX.search(line.index()) for line in lines):
        return dict(files)
    return {path: _marked(file) if file.format is PIP else file for path, file in files.items()}


def _marked(file: RequirementFile) -> RequirementFile:
    lines = (
        replace(line, kind="invalid", requirement=None) if names_a_module(line) else line
        for line in file.lines
    )
    return replace(file, lines=tuple(lines))


def names_a_module(line: Line) -> bool:
    """Whether the index has nothing of that name; some modules share theirs with a package."""
    asked = line.requirement
    if asked is None or asked.url or asked.name.lower() not in PARTS or not line.on_one_line:
        return False
    try:
        resolve([asked.name], python=DEFAULT)
    except ResolveError as error:
        return error.unsolvable and NONE.search(str(error)) is not None
    return False
