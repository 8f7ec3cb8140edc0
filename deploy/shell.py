"""Commands that build and start a service, as text for a shell."""

from __future__ import annotations

import shlex

from deploy.plan import Plan

# By the end of a manifest's name: the command that installs it and nothing for development.
_INSTALL = {
    "uv.lock": "pip install uv && uv sync --locked --no-dev",
    "poetry.lock": "pip install poetry && poetry install --only main",
    "pyproject.toml": "pip install .",
    "Pipfile": "pip install pipenv && pipenv install --deploy --system",
    "setup.py": "pip install .",
}


def install(plan: Plan) -> str:
    """Installs the manifest; run in the app's folder where that is its own, else in the root."""
    manifest = seen_from_folder(plan)
    if manifest is None:
        return "true"
    name = manifest.rpartition("/")[2]
    return _INSTALL.get(name, f"pip install -r {shlex.quote(manifest)}")


def seen_from_folder(plan: Plan) -> str | None:
    """The manifest as the app's folder sees it."""
    manifest, folder = plan.manifest.value, plan.folder.value
    if manifest is None or folder == ".":
        return manifest
    if manifest.startswith(f"{folder}/"):
        return manifest.removeprefix(f"{folder}/")
    return "../" * len(folder.split("/")) + manifest


def build(plan: Plan) -> str:
    """Installation, then what makes model and store."""
    return " && ".join(filter(None, [install(plan), plan.build.value]))


def from_root(plan: Plan) -> str:
    """The start command for a host that starts everything in the root of the repository."""
    folder = plan.folder.value
    return plan.command.value if folder == "." else f"cd {shlex.quote(folder)} && {_exec(plan)}"


def _exec(plan: Plan) -> str:
    command = plan.command.value
    simple = not any(sign in command for sign in ("&&", ";", "|")) and "=" not in command.split()[0]
    return f"exec {command}" if simple else command


def for_docker(plan: Plan) -> str:
    """One line for `CMD`: a shell puts in $PORT, and then is replaced, so that SIGTERM arrives."""
    return _exec(plan)


def environment(plan: Plan) -> dict[str, str]:
    """The variables without secrets, and the port where the code fixes one."""
    fixed = {"PORT": str(plan.port.value)} if isinstance(plan.port.value, int) else {}
    return {**plan.environment.value, **fixed}
