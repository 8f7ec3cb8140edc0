"""Several workers hold the model once each, and what one is told the others do not know."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.plan import Plan
from deploy.preflight.context import Context
from deploy.problem import Problem, error, warning
from deploy.workers import VARIABLES
from deploy.workers import workers as in_command
from tools.limits.units import format_mib


def check(context: Context) -> Iterator[Problem]:
    """What a person says, in fit512.toml: a command that is found gets `--workers 1` anyway."""
    plan = context.plan
    environment = plan.environment
    for name in VARIABLES:
        value = environment.value.get(name, "1")
        if value != "1":
            message = f"{name} is {value}: {_each(plan, value)}. Take the line out"
            yield error("workers", environment.source, message)
    said = in_command(plan.command.value, environment.value)
    if said and said.isdigit():
        message = f"the command starts {said} workers: {_each(plan, said)}. Write --workers 1"
        yield error("workers", plan.command.source, message)
    elif said:
        message = f"how many workers {said} are cannot be told: {_each(plan, said)}"
        yield warning("workers", plan.command.source, f"{message}. Write --workers 1")


def _each(plan: Plan, count: str) -> str:
    """What they take, with the figure where one was measured."""
    peak = plan.peak_mib.value
    times = f"{count} × " if count.isdigit() else ""
    measured = f", {times}{format_mib(peak)} as measured with one" if peak else ""
    return f"each worker holds the model once more{measured}"
