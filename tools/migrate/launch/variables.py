"""Environment variables by which a launch file chooses workers, reloading and debugging."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.launch.commands import argument_findings
from tools.migrate.launch.containers import instructions
from tools.migrate.launch.count import count
from tools.migrate.launch.finding import Finding

# Servers read these by themselves; any other counts where a server's command or call reads it.
COUNTS = frozenset({"WEB_CONCURRENCY", "UVICORN_WORKERS", "GRANIAN_WORKERS"})
SWITCHES = {
    "FLASK_DEBUG": {"1": "0", "true": "false", "True": "False", "on": "off", "yes": "no"},
    "FLASK_ENV": {"development": "production"},
    "QUART_DEBUG": {"1": "0", "true": "false", "True": "False"},
    "UVICORN_RELOAD": {"1": "0", "true": "false", "True": "False"},
    "STREAMLIT_SERVER_RUN_ON_SAVE": {"1": "0", "true": "false", "True": "False"},
}
LIKELY = re.compile(r"(?:[A-Z]+_)*(?:NUM_)?WORKERS(?:_COUNT)?|WORKER_COUNT")
NAME = re.compile(r"(?<![\w$.-])(?<!\$\{)([A-Z][A-Z0-9_]*)(?![\w}-])")
# Behind the name: NAME=value, NAME: value, "NAME": {"value": "4"}, key: NAME + value: 4, ENV NAME 4
BETWEEN = re.compile(
    r"[\"']?[ \t]*(?:"
    r"[:=][ \t]*(?:\{[^{}]*?\"value\"\s*:\s*)?"
    r"|\r?\n[ \t]*value:[ \t]*"
    r"|[ \t])[\"']?"
)
VALUE = re.compile(r"(?:\$\([^()\n]*\)|\$\{[^{}\n]*\}|[\w%$-]+)(?![\w.%$-])")
# Where it is quoted; a bare one ends at the first space.
ARGUMENTS = re.compile(
    r"GUNICORN_CMD_ARGS[\"']?[ \t]*(?:[:=]|\r?\n[ \t]*value:)[ \t]*([\"'])([^\"'\n]*)\1"
)
COMMENT = re.compile(r"^[ \t]*(?:#|//|::|rem\s)|\s#", re.I)
RUN_ON_SAVE = re.compile(r"^[ \t]*runOnSave[ \t]*=[ \t]*(true)\b", re.M)


def findings(path: PurePosixPath, text: str, used: frozenset[str]) -> Iterator[Finding]:
    """What changes in a file's assignments; `used`: the variables that a server's command reads."""
    if path.suffix == ".toml":
        for match in RUN_ON_SAVE.finditer(text):
            yield Finding(*match.span(1), "false", "runOnSave is off: it watches every file")
    for match in ARGUMENTS.finditer(text):
        if not _commented(text, match.start()):
            yield from argument_findings(text, "gunicorn", *match.span(2))
    for name, start, end in _assignments(path, text):
        value = text[start:end]
        if name in COUNTS or name in used:
            yield from _one(name, value, start, end)
        elif value in SWITCHES.get(name, {}):
            new = SWITCHES[name][value]
            message = f"{name} is {new}: reloading and the debugger are for development"
            yield Finding(start, end, new, message)
        elif LIKELY.fullmatch(name) and count(value).one:
            message = f"{name}: nothing here says whose workers these are, so {value} stays"
            yield Finding(start, end, None, message, "kept")


def _one(name: str, value: str, start: int, end: int) -> Iterator[Finding]:
    found = count(value)
    if found.one is not None:
        message = f"{name} is 1 in the place of {value}: each worker would load the app anew"
        yield Finding(start, end, found.one, message)


def _assignments(path: PurePosixPath, text: str) -> Iterator[tuple[str, int, int]]:
    """(name, start and end of the value) of the variables that may matter."""
    docker = re.search(r"dockerfile|containerfile", path.name, re.I) is not None
    stretches = [(0, len(text))]
    if docker:
        stretches = [(i.start, i.end) for i in instructions(text) if i.name in ("ENV", "ARG")]
    for begin, stop in stretches:
        for match in NAME.finditer(text, begin, stop):
            between = BETWEEN.match(text, match.end(), stop)
            value = VALUE.match(text, between.end(), stop) if between else None
            if not between or not value or _commented(text, match.start()):
                continue
            if docker or not between.group().isspace():  # ENV NAME 4
                yield match[1], *value.span()


def _commented(text: str, position: int) -> bool:
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return COMMENT.search(line) is not None
