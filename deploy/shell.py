"""Commands that build and start a service, as text for a shell."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import PurePosixPath

from deploy.line import at_once, joined, parts
from deploy.plan import Plan

# By the end of a manifest's name: the command that installs it and nothing for development, into the
# environment of `python`: uv and poetry would make one of their own, which nothing starts from.
_INSTALL = {
    "uv.lock": "pip install uv &&"
    ' UV_PROJECT_ENVIRONMENT="$(python -c "import sys; print(sys.prefix)")"'
    " uv sync --locked --no-dev --inexact",
    "poetry.lock": "pip install poetry && POETRY_VIRTUALENVS_CREATE=false poetry install --only main",
    "pyproject.toml": "pip install .",
    "Pipfile": "pip install pipenv && pipenv install --deploy --system",
    "setup.py": "pip install .",
}

_OF_THE_SHELL = ("", ".", "source", "eval", "wait")  # no programs: nothing can be put in its place


def root(plan: Plan) -> str:
    """The folder that a host is given: the app's own where its manifest is inside, else all.

    A host that is given a folder has no file outside it.
    """
    folder, manifest = plan.folder.value, plan.manifest.value or ""
    return folder if manifest.startswith(f"{folder}/") else "."


def install(plan: Plan) -> str:
    """Installs the lock, else the manifest; run in `root`."""
    if plan.lock.value:
        return f"pip install --require-hashes -r {shlex.quote(_inside(plan, plan.lock.value))}"
    if plan.manifest.value is None:
        return "true"
    manifest = PurePosixPath(_inside(plan, plan.manifest.value))
    if manifest.name not in _INSTALL:
        return f"pip install -r {shlex.quote(str(manifest))}"
    command, folder = _INSTALL[manifest.name], str(manifest.parent)
    return command if folder == "." else f"(cd {shlex.quote(folder)} && {command})"


def _inside(plan: Plan, path: str) -> str:
    """A file as `root` sees it."""
    return path.removeprefix(f"{root(plan)}/")


def build(plan: Plan) -> str:
    """Installation, then what makes model and store."""
    return " && ".join(filter(None, [install(plan), plan.build.value]))


def from_root(plan: Plan) -> str:
    """The start command for a host that starts everything in the root of the repository."""
    folder = plan.folder.value
    return _here(plan) if folder == "." else f"cd {shlex.quote(folder)} && {_exec(plan)}"


def start(plan: Plan) -> str:
    """The start command, run in `root`."""
    return _here(plan) if root(plan) == plan.folder.value else from_root(plan)


def _here(plan: Plan) -> str:
    """A shell puts itself out of the way of one command, not of the last of several."""
    several = len(parts(plan.command.value) or ()) > 1
    return _exec(plan) if several else plan.command.value


def _exec(plan: Plan) -> str:
    """What runs last takes the place of the shell, which would keep SIGTERM to itself."""
    found = parts(plan.command.value)
    if found is None or at_once(found):
        return plan.command.value
    last = found[-1]
    first = last.text.partition(" ")[0]
    if first in _OF_THE_SHELL:
        return plan.command.value
    text = last.text if first == "exec" else f"exec {'env ' * ('=' in first)}{last.text}"
    return joined([*found[:-1], replace(last, text=text)])


def for_docker(plan: Plan) -> str:
    """One line for `CMD`: a shell puts in $PORT, and then is replaced, so that SIGTERM arrives."""
    return _exec(plan)


def environment(plan: Plan) -> dict[str, str]:
    """The variables without secrets, and the port where the code fixes one."""
    fixed = {"PORT": str(plan.port.value)} if isinstance(plan.port.value, int) else {}
    return {**plan.environment.value, **fixed}
