"""A plan without a measurement, or with one of other code, proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, warning

_NEXT = "Run `python -m tools.profile run` on this code"


def check(context: Context) -> Iterator[Problem]:
    profile = context.plan.profile
    if profile.value == "not measured":
        yield warning("profile", profile.source, f"the memory was not measured. {_NEXT}")
    elif profile.value == "measured on other code":
        message = f"the code has changed since its memory was measured. {_NEXT}"
        yield warning("profile", profile.source, message)
