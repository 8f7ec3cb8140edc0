"""`python -m tools.migrate apps`: what a repository serves, for other tools to read."""

from __future__ import annotations

import argparse
from typing import Any

from tools.migrate.project import Project
from tools.migrate.reporters import print_json
from tools.migrate.runner import open_repository
from tools.migrate.serving.asked_names import asked_names
from tools.migrate.serving.find import served_apps
from tools.migrate.serving.secret_names import secret_names
from vectorstore.commandline import Exit, local_path

SCHEMA = 1


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=local_path, help="the repository")
    parser.add_argument("--json", action="store_true", help="print JSON alone on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Print the apps, the likeliest first; exit 1 when there is none."""
    found = as_json(open_repository(arguments.path))
    if arguments.json:
        print_json(found)
    else:
        for app in found["apps"]:
            print_app(app)
    return int(Exit.OK if found["apps"] else Exit.NO)


def as_json(project: Project) -> dict[str, Any]:
    """The apps as `migrate.json` has them, and the names of the secrets that their files read."""
    served = sorted(project.served())
    secrets = {*secret_names(project, served), *asked_names(project, served)}
    return {
        "schema": SCHEMA,
        "apps": [app.as_json() for app in served_apps(project)],
        "secrets": sorted(secrets),
    }


def print_app(app: dict[str, Any]) -> None:
    said = f" ({app['launched_by']})" if app["launched_by"] else ""
    print(f"{app['path']}:{app['line']}  {app['framework']}  `{app['command']}`{said}")
