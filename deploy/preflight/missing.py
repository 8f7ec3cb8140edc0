"""The start command needs a program that the manifest does not name."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.manifest.server import FLAG, pinned
from deploy.preflight.context import Context
from deploy.problem import Problem, error


def check(context: Context) -> Iterator[Problem]:
    plan = context.plan
    for name in plan.needs.value:
        where = plan.manifest.value or "the manifest"
        message = f"does not name {name}, which starts the app. {FLAG} adds {pinned(name)} to it"
        yield error("missing", where, message)
