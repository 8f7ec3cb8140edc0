"""A .python-version that hosts read otherwise than pyenv does, or that render.yaml overrules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from deploy.finding.blueprint import VERSION, python_of
from deploy.finding.python_version import FILE
from deploy.preflight.context import Context
from deploy.problem import Problem, error, warning


def check(context: Context) -> Iterator[Problem]:
    plan = context.plan
    named: list[str] = []
    for place in dict.fromkeys((FILE, str(PurePosixPath(plan.folder.value, FILE)))):
        lines = (context.repository.text(place) or "").splitlines()
        said = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        named += said
        yield from _read_by_hosts(place, said)
    overruling = python_of(context.repository) if context.platform == "render" else None
    if overruling and named and overruling.value not in named:
        message = (
            f"Render takes {overruling.value} before the {named[0]} of {FILE}, by which wheels are"
            " looked for here. Say the same in both"
        )
        yield warning("python_version", overruling.source, message)


def _read_by_hosts(place: str, said: list[str]) -> Iterator[Problem]:
    """Each of them wants one version alone."""
    if len(said) > 1:
        message = (
            f"names {len(said)} Pythons, {' and '.join(said)}: a host takes one. Leave one line"
        )
        yield error("python_version", place, message)
    for line in said:
        if not VERSION.fullmatch(line):
            message = (
                f"{line!r} is no version that a host knows, but a name such as pyenv gives an"
                " environment. Write 3.11 or the like"
            )
            yield error("python_version", place, message)
