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
    """Installs the lock, else the manifest; run in the app's folder where it is its own."""
    if plan.lock.value:
        lock = seen_from_folder(plan, plan.lock.value)
        return f"pip install --require-hashes -r {shlex.quote(lock)}"
    if plan.manifest.value is None:
        return "true"
    manifest = seen_from_folder(plan, plan.manifest.value)
    name = manifest.rpartition("/")[2]
    return _INSTALL.get(name, f"pip install -r {shlex.quote(manifest)}")


def seen_from_folder(plan: Plan, path: str) -> str:
    """A file as the app's folder sees it."""
    folder = plan.folder.value
    if folder == ".":
        return path
    if path.startswith(f"{folder}/"):
        return path.removeprefix(f"{folder}/")
    return "../" * len(folder.split("/")) + path


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
