"""No lock: the host chooses the versions, and nothing here knows what it will choose."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.locking.lock import MADE, path_of
from deploy.preflight.context import Context
from deploy.problem import Problem, error, warning


def check(context: Context) -> Iterator[Problem]:
    manifest, lock = context.plan.manifest.value, context.lock
    if manifest is None:
        return
    old, why = path_of(manifest), lock.source.removeprefix("none: ")
    there = context.repository.text(old)
    if lock.failed and there is not None:
        message = f"is of an earlier {manifest}, and could not be made again: {why}. Mend that, or remove it"
        yield error("lock", old, message)
    elif lock.failed:
        yield _none(context, manifest, why)
    elif lock.path is None and lock.resolved is not None and (there or "").startswith(MADE):
        message = f"is not made any more: {why}. Remove it, and bin/pre_compile, which installs it"
        yield error("lock", old, message)


def _none(context: Context, manifest: str, why: str) -> Problem:
    if context.lock.resolved is not None:
        return warning("lock", manifest, f"no lock: {why}")
    what = "torch is" if context.lock.wheels_seen else "torch and wheels are"
    return warning("lock", manifest, f"no lock, and {what} *not checked* but by name: {why}")
