"""The report as `migrate.json` keeps it. No path of the machine stands in it."""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.migrate.project import Project
from tools.migrate.report.next_steps import next_steps
from tools.migrate.report.sizes import sizes
from tools.migrate.result import by_place
from tools.migrate.serving.find import served_apps

SCHEMA = 2


def as_json(project: Project, command: Sequence[str], verification: Any = None) -> dict[str, Any]:
    """`command` is sys.argv, `verification` verify's own part."""
    apps = served_apps(project)
    return {
        "schema": SCHEMA,
        "command": shlex.join(["python", "-m", "tools.migrate", *map(_shown, command[1:])]),
        "machine": {"system": platform.platform(), "processor": platform.machine()},
        "versions": {"python": platform.python_version(), "fit512": version("fit512")},
        "repository": project.root.name,
        "changed": project.changed,
        "files": {
            "changed": sorted(map(str, project.edited())),
            "added": sorted(map(str, project.added())),
            "deleted": sorted(map(str, project.deleted())),
            "nothing to convert": sorted(map(str, project.untouched())),
        },
        "apps": [app.as_json() for app in apps],
        "entry points": [
            {"path": str(e.path), "line": e.line, "kind": e.kind, "name": e.name}
            for e in project.entry_points()
        ],
        "served": sorted(map(str, project.served())),
        "notes": [
            {
                "rule": note.rule,
                "kind": note.kind,
                "path": note.path,
                "line": note.line,
                "message": note.message,
            }
            for note in by_place(project.notes)
        ],
        "sizes": sizes(project, verification),
        "next": next_steps(project, apps, verification, command),
        "verify": verification,
    }


def _shown(word: str) -> str:
    """An argument as it can be shown: a path seen from here, or its last part alone."""
    if not os.path.isabs(word):
        return word
    path = Path(word)
    inside = path.is_relative_to(Path.cwd())
    return str(path.relative_to(Path.cwd())) if inside else path.name
