"""The app and its command, as `python -m tools.migrate apps` finds them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from deploy.plan import PORT
from deploy.repository import Repository
from vectorstore.commandline import CommandError, Exit

_ROOT = Path(__file__).resolve().parents[2]  # where `tools` is found with no installation either
App = Mapping[str, Any]
NOTHING: App = {
    "framework": "unknown",
    "path": "",
    "line": 0,
    "made": "script",
    "object": None,
    "folder": ".",
    "runs_in": ".",
    "manifest": None,
    "command": "",
    "launched_by": None,
    "port": PORT,
    "local": [],
    "health": None,
    "missing": [],
}


def read_apps(repository: Repository) -> tuple[list[App], list[str]]:
    """(apps, the likeliest first; names of secrets). Raises CommandError.

    A process of its own, since deploy does not load what migrate loads.
    """
    command = [sys.executable, "-m", "tools.migrate", "apps", str(repository.root), "--json"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True)
    if done.returncode not in (Exit.OK, Exit.NO) or not done.stdout:
        raise CommandError(
            f"the apps of {repository.root} could not be read: {done.stderr.strip()}"
        )
    found = json.loads(done.stdout)
    return found["apps"], found["secrets"]


def chosen(apps: list[App], named: str | None) -> App | None:
    """The app that `named` (module:object or a file) means, else the first that is a service."""
    if named is not None:
        return next((app for app in apps if named in (app["object"], app["path"])), None)
    served = [app for app in apps if app["framework"] != "cli"]
    return next(iter(served), None)


def package_of(repository: Repository, app: App) -> str | None:
    """The package that `python -m` starts where only a function makes the app."""
    path = PurePosixPath(app["path"])
    beside = path.parent / "__main__.py"
    if app["made"] != "main" or beside not in repository.present:
        return None
    folder = PurePosixPath(app["folder"])
    inside = path.parent.relative_to(folder) if path.is_relative_to(folder) else path.parent
    return ".".join(inside.parts) or None


def reads_port(repository: Repository, folder: PurePosixPath) -> bool:
    """Whether a package takes the variable PORT: by its name, or as a field of its settings."""
    texts = (
        repository.text(path) or ""
        for path in repository.present
        if path.suffix == ".py" and path.is_relative_to(folder)
    )
    return any('"PORT"' in text or "'PORT'" in text or "\n    port:" in text for text in texts)
