"""A virtual environment in git: hundreds of MB for another machine, and an error on Heroku."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, error


def check(context: Context) -> Iterator[Problem]:
    for path in context.repository.committed:
        if path.name == "pyvenv.cfg":
            folder = path.parent
            message = f"a virtual environment in what is pushed. Put it into .gitignore, and git rm -r --cached {folder}"
            yield error("environment", str(folder), message)
