"""railway.json or railway.toml beside the program: their settings are in no file that is written."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, warning

FILES = ("railway.json", "railway.toml")


def check(context: Context) -> Iterator[Problem]:
    if context.platform != "railway":
        return
    for name in FILES:
        if context.repository.text(name) is not None:
            message = (
                "is read by no service after 2026-12-01, and not read here: what it says is taken"
                " over by `python -m deploy railway-convert`. Then remove it: a service has one of them"
            )
            yield warning("legacy", name, message)
