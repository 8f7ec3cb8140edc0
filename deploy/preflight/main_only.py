"""An app object that only `python FILE` makes: no server can import it."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, warning

OBJECTS = ("fastapi", "flask", "quart", "starlette")


def check(context: Context) -> Iterator[Problem]:
    plan = context.plan
    served = plan.framework.value in OBJECTS and plan.made.value == "main"
    if served and not plan.command.value.startswith("python -m "):
        yield warning(
            "main_only",
            plan.app.source,
            f"the {plan.framework.value} app is made only when the file is run, so `{plan.command.value}`"
            " is all that starts it. Make it at the top of the module",
        )
