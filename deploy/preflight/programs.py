"""Another program for Railway beside railway.py: a project is described by one."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, error

OTHERS = (".railway/railway.ts", ".railway/railway.go")


def check(context: Context) -> Iterator[Problem]:
    if context.platform != "railway":
        return
    for name in OTHERS:
        if context.repository.text(name) is not None:
            message = (
                "describes the project too, and railway.py beside it would be a second description. Keep"
                " this one and do without `deploy railway`, or remove it"
            )
            yield error("programs", name, message)
