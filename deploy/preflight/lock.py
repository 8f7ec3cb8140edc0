"""No lock: the host chooses the versions, and nothing here knows what it will choose."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.locking.lock import path_of
from deploy.preflight.context import Context
from deploy.problem import Problem, error, warning


def check(context: Context) -> Iterator[Problem]:
    manifest, lock = context.plan.manifest.value, context.lock
    if manifest is None or not lock.failed:
        return
    old, why = path_of(manifest), lock.source.removeprefix("none: ")
    if context.repository.text(old) is not None:
        message = f"is of an earlier {manifest}, and could not be made again: {why}. Mend that, or remove it"
        yield error("lock", old, message)
    elif lock.resolved is None:
        what = "torch is" if lock.wheels_seen else "torch and wheels are"
        message = f"no lock, and {what} *not checked* but by name: {why}"
        yield warning("lock", manifest, message)
    else:
        yield warning("lock", manifest, f"no lock: {why}")
