"""A start line that runs several programs at once: a host watches one, and stops one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploy.line import at_once, parts
from deploy.preflight.context import Context
from deploy.problem import Problem, error, warning
from deploy.settings import FILE

_SCRIPT = re.compile(r"(?P<name>\S+\.(?:sh|bash)):(?P<line>\d+)")
_PLAIN = re.compile(r"\s*(?:$|#|:|(?:set|cd|echo|exit)\b)")  # lines that prepare nothing


def check(context: Context) -> Iterator[Problem]:
    """What a person wrote for this host in fit512.toml, or railway-convert from railway.json, is theirs."""
    command = context.plan.command
    if FILE in command.source:
        return
    yield from _left_out(context)
    found = parts(command.value)
    if found is None:
        why = "is more than commands in a row"
    elif at_once(found):
        why = "runs several programs at once, of which a host watches one"
    else:
        return
    yield error(
        "start_line",
        command.source,
        f"`{command.value}` {why}, and cannot be put into a start command with the same meaning."
        f' Write the one that serves, command = "…", below [deploy] in {FILE}, and make a service'
        " of its own of each other",
    )


def _left_out(context: Context) -> Iterator[Problem]:
    """A script runs all its lines; the start command is the one with the server."""
    script = _SCRIPT.match(context.plan.command.source)
    if script is None:
        return
    lines = enumerate((context.repository.text(script["name"]) or "").splitlines(), 1)
    others = [n for n, line in lines if n != int(script["line"]) and not _PLAIN.match(line)]
    if others:
        message = (
            f"the start command is this line alone, and the script has others (line {others[0]}"
            f"{f' and {len(others) - 1} more' if len(others) > 1 else ''}). Where they are needed,"
            f' write command = "…" below [deploy] in {FILE}'
        )
        yield warning("start_line", script.group(), message)
