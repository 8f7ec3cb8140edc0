"""What the app reads must be there once a host has built: in git, or made by the build command."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import PurePosixPath

from deploy.plan import Plan
from deploy.preflight.context import Context
from deploy.problem import Problem, error, warning


def check(context: Context) -> Iterator[Problem]:
    plan, committed = context.plan, context.repository.committed
    there = {place for path in committed for place in (path, *path.parents)}
    yield from _kept(plan, there)
    if plan.build.value is not None:
        return
    for folder in (*plan.models.value, *plan.stores.value):
        if PurePosixPath(folder) not in there:
            message = (
                "the app reads it, and git does not have it. Commit it, or name a `build` command"
            )
            yield error("folders", folder, f"{message} in fit512.toml")


def _kept(plan: Plan, there: Container[PurePosixPath]) -> Iterator[Problem]:
    """`keep` may name what a build command makes, such as models; nothing else is known of that."""
    made = {PurePosixPath(name) for name in (*plan.models.value, *plan.stores.value)}
    known = {place for path in made for place in (path, *path.parents)}
    for name in plan.keep.value:
        path = PurePosixPath(name)
        if path in there or (plan.build.value is not None and path in known):
            continue
        if plan.build.value is None:
            yield error("folders", plan.keep.source, f"keep: {name!r} is not in git")
        else:
            message = f"keep: {name!r} is not in git. Let the build command make it"
            yield warning("folders", plan.keep.source, message)
