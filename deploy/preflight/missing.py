"""The start command needs a program that the manifest does not name."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, error


def check(context: Context) -> Iterator[Problem]:
    plan = context.plan
    for name in plan.needs.value:
        where = plan.manifest.value or "the manifest"
        yield error("missing", where, f"does not name {name}, which starts the app. Add it")
