"""Several workers hold the model once each, and what one is told the others do not know."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, error

VARIABLE = "WEB_CONCURRENCY"


def check(context: Context) -> Iterator[Problem]:
    """fit512.toml may say otherwise; a start command gets `--workers 1` anyway."""
    environment = context.plan.environment
    if environment.value.get(VARIABLE, "1") != "1":
        message = f"{VARIABLE} is {environment.value[VARIABLE]}: each worker holds the model once more. Take the line out"
        yield error("workers", environment.source, message)
