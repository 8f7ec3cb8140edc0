"""What a platform would start if nobody told it: a warning where that is something else.

https://github.com/railwayapp/railpack/blob/main/core/providers/python/python.go
"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, warning

GUESS = "main:app"  # whatever the file is called
SERVED = ("fastapi", "flask")


def check(context: Context) -> Iterator[Problem]:
    plan = context.plan
    guessed = plan.framework.value in SERVED and plan.web
    if context.platform == "railway" and guessed and plan.app.value != GUESS:
        server = "uvicorn" if plan.framework.value == "fastapi" else "gunicorn"
        yield warning(
            "guessed_start",
            plan.command.source,
            f"Railpack alone would run `{server} {GUESS}`, and the app is"
            f" {plan.app.value or 'made by the command'}. Keep the start command in the file",
        )
