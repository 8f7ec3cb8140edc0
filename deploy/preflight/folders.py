"""Model and store must be there once a host has built: in git, or made by the build command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from deploy.preflight.context import Context
from deploy.problem import Problem, error


def check(context: Context) -> Iterator[Problem]:
    plan = context.plan
    if plan.build.value is not None:
        return
    committed = {parent for path in context.repository.committed for parent in path.parents}
    for folder in (*plan.models.value, *plan.stores.value):
        if PurePosixPath(folder) not in committed:
            message = (
                "the app reads it, and git does not have it. Commit it, or name a `build` command"
            )
            yield error("folders", folder, f"{message} in fit512.toml")
