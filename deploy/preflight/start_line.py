"""A start line that runs several programs at once: a host watches one, and stops one."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.line import at_once, parts
from deploy.preflight.context import Context
from deploy.problem import Problem, error
from deploy.settings import FILE


def check(context: Context) -> Iterator[Problem]:
    """What a person wrote for this host, in fit512.toml or railway.json, is theirs."""
    command = context.plan.command
    if command.source.startswith(FILE) or "startCommand" in command.source:
        return
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
