"""A Procfile with a worker and no web process: what it starts listens to no port."""

from __future__ import annotations

from deploy.finding.apps import NOTHING, App
from deploy.formats import procfile
from deploy.repository import Repository

FILE = "Procfile"
WORKER = "worker"


def working(repository: Repository, app: App | None, *, alone: bool) -> App | None:
    """The app as that worker, where its line starts it; where there is no app and `alone`, what the
    line starts, known or not.
    """
    text = repository.text(FILE) or ""
    processes = procfile.parse(text)
    if "web" in processes or WORKER not in processes:
        return app
    number = next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(f"{WORKER}:"))
    said = {"launched_by": f"{FILE}:{number}", "port": None, "health": None}
    if app is not None:
        return {**app, **said} if app["launched_by"] == said["launched_by"] else app
    return {**NOTHING, **said, "command": processes[WORKER]} if alone else None
