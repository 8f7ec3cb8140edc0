"""All apps of a repository, with how each of them is started."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from tools.migrate.entrypoints import PORTLESS, EntryPoint
from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.requirements.files import Files, requirement_files
from tools.migrate.serving.addresses import local_address
from tools.migrate.serving.app import ServedApp
from tools.migrate.serving.health import health_of
from tools.migrate.serving.launched import LaunchCommand, launch_commands
from tools.migrate.serving.manifest import manifest_of, missing
from tools.migrate.serving.objects import FIRST, app_of
from tools.migrate.serving.ports import DEFAULTS, port_of_code, port_of_command
from tools.migrate.serving.proposals import listens_on, proposal
from tools.migrate.serving.scripts import script_apps

OBJECTS = ("fastapi", "starlette", "quart", "flask")


def served_apps(project: Project) -> list[ServedApp]:
    """The apps in the staged state; what a launch file starts comes first, then the likeliest."""
    launched, files = launch_commands(project), requirement_files(project)
    found = [*_object_apps(project), *_django_apps(project), *script_apps(project)]
    started = [_started(project, files, app, launched) for app in found]
    return sorted(started, key=_order)


def _object_apps(project: Project) -> list[ServedApp]:
    apps = {
        (app.path, app.name, app.line if app.name is None else 0): app
        for entry in project.entry_points()
        if entry.kind in OBJECTS and not _mounted(project, entry)
        for app in [app_of(project, entry)]
    }
    return list(apps.values())


def _mounted(project: Project, entry: EntryPoint) -> bool:
    """Whether its file mounts it below another app, which answers for it."""
    tree = parse(project.original(entry.path) or b"") or ast.Module([], [])
    return any(
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", None) == "mount"
        and any(isinstance(value, ast.Name) and value.id == entry.name for value in node.args)
        for node in ast.walk(tree)
    )


def _django_apps(project: Project) -> list[ServedApp]:
    """One for each project: its WSGI object, else its ASGI one, else manage.py."""
    found: dict[PurePosixPath, ServedApp] = {}
    entries = [entry for entry in project.entry_points() if entry.kind == "django"]
    served = [entry for entry in entries if entry.name]
    for entry in sorted(served or entries, key=lambda entry: entry.path.stem != "wsgi"):
        folder = project.app_root(entry.path)
        made = ServedApp("django", entry.path, entry.line, "module", entry.name, folder)
        found.setdefault(folder, made)
    return list(found.values())


def _started(
    project: Project, files: Files, app: ServedApp, launched: Sequence[LaunchCommand]
) -> ServedApp:
    """The app with its command and all that follows from it."""
    own = next((command for command in launched if _starts(project, command, app)), None)
    manifest = manifest_of(project, files, app.path)
    starting = (own.path, app.path) if own else (app.path,)
    if own:
        port = _launched_port(project, app, own)
        app = replace(app, command=own.text, launched_by=own.said_by, port=port)
        app = replace(app, launched_in=own.folder)
    else:
        fixed = port_of_code(project, app.path)
        if fixed is None and app.made == "main":
            fixed = DEFAULTS.get(app.framework)
        app = replace(app, command=proposal(app), port=listens_on(app, fixed))
    said = (local_address(project, app.framework, path) for path in starting)
    app = replace(app, local=next((found for found in said if found is not None), ()))
    needed = tuple(missing(files, manifest, app.command))
    return replace(app, manifest=manifest, health=health_of(project, app), missing=needed)


def _launched_port(project: Project, app: ServedApp, own: LaunchCommand) -> str | int | None:
    if app.framework in PORTLESS:
        return None
    said = port_of_command(own.words)
    for path in (own.path, app.path):
        said = said if said is not None else port_of_code(project, path)
    return said if said is not None else DEFAULTS.get(app.framework)


def _starts(project: Project, command: LaunchCommand, app: ServedApp) -> bool:
    """Whether the command names the app itself, or a file that only starts it."""
    if command.path == app.path:
        return command.name is None or app.name is None or command.name == app.name
    if app.framework == "django" and app.path.is_relative_to(project.app_root(command.path)):
        return command.path.name in ("manage.py", "asgi.py", "wsgi.py")
    return app.path in project.graph.reached(command.path)


def _order(app: ServedApp) -> tuple[bool, bool, int, bool, str]:
    alone = app.framework == "cli"
    first = app.path.stem in FIRST
    return app.launched_by is None, alone, len(app.path.parts), not first, str(app.path)
