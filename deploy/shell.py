"""Commands that build and start a service, as text for a shell."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

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
    return plan.command.value if folder == "." else f"cd {shlex.quote(folder)} && {_exec(plan)}"


def start(plan: Plan) -> str:
    """The start command, run in `root`."""
    return plan.command.value if root(plan) == plan.folder.value else from_root(plan)


def _exec(plan: Plan) -> str:
    """What runs last takes the place of the shell, which would keep SIGTERM to itself."""
    before, _, last = plan.command.value.rpartition("&& ")
    if any(sign in last for sign in ("&", ";", "|")) or any(sign in before for sign in "'\"(;|"):
        return plan.command.value
    first = last.partition(" ")[0]
    changed = last if first == "exec" else f"exec {'env ' * ('=' in first)}{last}"
    return f"{before}&& {changed}" if before else changed


def for_docker(plan: Plan) -> str:
    """One line for `CMD`: a shell puts in $PORT, and then is replaced, so that SIGTERM arrives."""
    return _exec(plan)


def environment(plan: Plan) -> dict[str, str]:
    """The variables without secrets, and the port where the code fixes one."""
    fixed = {"PORT": str(plan.port.value)} if isinstance(plan.port.value, int) else {}
    return {**plan.environment.value, **fixed}
