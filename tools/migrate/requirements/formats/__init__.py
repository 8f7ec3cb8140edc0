"""The formats in which a repository says what it installs: one module reads and edits each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tools.migrate.requirements.edit import Edit, edited
from tools.migrate.requirements.formats import (
    command_edit,
    commands,
    conda,
    setup_cfg,
    setup_py,
    toml,
)
from tools.migrate.requirements.lines import Line, parse
from tools.migrate.source import Text


@dataclass(frozen=True, slots=True)
class Format:
    """How files of a kind are read and edited. `edited` leaves every other character as it is."""

    name: re.Pattern[str]
    parse: Callable[[str], tuple[Line, ...]]
    edited: Callable[[Text, Sequence[Line], Edit], str]
    valid: Callable[[str], bool] = lambda text: (
        True
    )  # of an edited text, where an error can be seen


PIP = Format(re.compile(r".*require(?:ments?|d).*\.(?:txt|in)", re.I), parse, edited)
DOCKERFILE = Format(
    re.compile(r"(?:.*\.)?(?:dockerfile|containerfile)(?:\.[\w-]+)?", re.I),
    commands.in_dockerfile,
    command_edit.edited,
)
SHELL = Format(re.compile(r".*\.(?:sh|bash)", re.I), commands.in_shell, command_edit.edited)
FORMATS = (
    PIP,
    Format(re.compile(r"pyproject\.toml|Pipfile"), toml.parse, toml.edited, toml.valid),
    Format(
        re.compile(r"(?:.*environment.*|conda.*)\.ya?ml", re.I),
        conda.parse,
        conda.edited,
        conda.valid,
    ),
    Format(re.compile(r"setup\.py"), setup_py.parse, setup_py.edited, setup_py.valid),
    Format(re.compile(r"setup\.cfg"), setup_cfg.parse, setup_cfg.edited),
    DOCKERFILE,
    SHELL,
)
COMMANDS = (DOCKERFILE, SHELL)


def format_of(path: PurePosixPath) -> Format | None:
    """How to read a file of that name; None where it names no packages."""
    return next((known for known in FORMATS if known.name.fullmatch(path.name)), None)
