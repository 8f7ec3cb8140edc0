"""`python -m tools.migrate verify`: prove that a converted repository fits and still answers the same."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tools.limits import parse_mib
from tools.migrate.project import Project
from tools.migrate.runner import open_repository
from tools.migrate.serving.find import served_apps
from tools.migrate.verify.options import Options
from tools.migrate.verify.probe import Probe
from tools.migrate.verify.proof import verify
from tools.migrate.verify.reporters import as_json, print_proof
from tools.migrate.verify.steps import passed
from tools.migrate.verify.subject import chosen_app
from vectorstore.commandline import CommandError, Exit, local_path


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that `verify` and `run` share."""
    parser.add_argument(
        "--limit", default="512MiB", metavar="SIZE", help="the memory limit (512MiB)"
    )
    parser.add_argument(
        "--start",
        metavar="COMMAND",
        help="how to start the app; $PORT is filled in (found by itself)",
    )
    parser.add_argument(
        "--app", metavar="FILE", help="the app's file, where the repository has several"
    )
    parser.add_argument(
        "--probe",
        metavar="REQUEST",
        help="""how to ask, e.g. 'POST /chat {"question": "{question}"}' (found by itself)""",
    )
    parser.add_argument(
        "--health", metavar="PATH", help="a path that answers when ready (found by itself)"
    )
    parser.add_argument(
        "--expected",
        type=local_path,
        metavar="FILE.json",
        help="questions and, in FILE.npy, the legacy embedder's vectors of them (float32)",
    )
    parser.add_argument(
        "--legacy-python",
        type=local_path,
        metavar="PATH",
        help="a Python with sentence-transformers, to compare with the legacy embedder itself",
    )
    parser.add_argument(
        "--legacy-model",
        metavar="NAME",
        help="what that embedder loads: a hub name or a folder (the converted model's name)",
    )
    parser.add_argument(
        "--before",
        action=argparse.BooleanOptionalAction,
        help="where a step fails, install the original too and run the same step on it (if it is small)",
    )


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=local_path, help="the converted repository")
    parser.add_argument(
        "--original",
        type=local_path,
        metavar="PATH",
        help="the legacy repository, to compare retrieval",
    )
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON alone on stdout")


def options_from(arguments: argparse.Namespace, project: Project) -> Options:
    """What the options say of the app in `project`. Raises CommandError for what cannot be meant."""
    if arguments.probe is not None:
        Probe.parse(arguments.probe)
    if arguments.app is not None:
        chosen_app(served_apps(project), arguments.app)
    for name in ("expected", "legacy_python"):
        file = getattr(arguments, name)
        if file is not None and not file.is_file():
            raise CommandError(f"--{name.replace('_', '-')}: there is no {file}.")
    return Options(
        limit_mib=parse_mib(arguments.limit),
        app=arguments.app,
        start=arguments.start,
        probe=arguments.probe,
        health_path=arguments.health,
        expected=arguments.expected,
        legacy_python=arguments.legacy_python,
        legacy_model=arguments.legacy_model,
        before=arguments.before,
        keep=Path("build/logs"),
    )


def run(arguments: argparse.Namespace) -> int:
    for folder in filter(None, (arguments.path, arguments.original)):
        if not open_repository(folder).python():
            raise CommandError(f"{folder} holds no Python file: there is nothing to prove.")
    options = options_from(arguments, open_repository(arguments.path))
    proof = verify(arguments.original, arguments.path, options, say)
    if arguments.json:
        print(json.dumps(as_json(proof), indent=2))
    else:
        print_proof(proof)
    return Exit.OK if passed(proof.steps) else Exit.NO


def say(text: str) -> None:
    print(text, file=sys.stderr)
