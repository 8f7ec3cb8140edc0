"""`python -m deploy`: configuration of a host from one measured plan."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.manifest.server import FLAG
from deploy.platforms import PLATFORMS
from deploy.preflight.context import Context
from deploy.preflight.registry import preflight
from deploy.prepare import prepare
from deploy.reporters import print_plan, print_problems, say
from deploy.repository import Repository
from deploy.run import deploy_to
from tools.limits.sigterm import ended_by_sigterm
from vectorstore import commandline
from vectorstore.commandline import Exit, local_path

PROGRAM = "python -m deploy"
DIFF = "write nothing; print what would change, by --force where that is needed (exit 0)"
PLAN = "show what is known about an app, and where each value came from"
# name -> (what it does, the module with prepare_parser and run)
OTHERS = {
    "railway-convert": (
        "turn railway.json or railway.toml into .railway/railway.py",
        "deploy.railway.convert",
    ),
    "rehearse": (
        "play on this machine what a host does: build, start, check, ask, stop",
        "deploy.rehearse.command",
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    with ended_by_sigterm(PROGRAM):
        return commandline.run(PROGRAM, _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Write the configuration of a host from one measured plan."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    plan = commands.add_parser("plan", help=PLAN, description=PLAN)
    add_path(plan)
    plan.add_argument("--json", action="store_true", help="print JSON alone on stdout")
    plan.set_defaults(run=_plan)
    for name, platform in sorted(PLATFORMS.items()):
        text = f"write {platform.SUMMARY}"
        sub = commands.add_parser(name, help=text, description=text)
        add_path(sub)
        add_writing(sub)
        sub.set_defaults(run=_write)
    for name, (text, module) in OTHERS.items():
        sub = commands.add_parser(name, help=text, description=text)
        command = importlib.import_module(module)
        command.prepare_parser(sub)
        sub.set_defaults(run=command.run)
    parsed = parser.parse_args(argv)
    return int(parsed.run(parsed))


def add_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", type=local_path, nargs="?", default=Path(), help="the repository (.)"
    )


def add_writing(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--out", type=local_path, metavar="FOLDER", help="write there, not into the repository")
    add("--check", action="store_true", help="write nothing; exit 1 when files would change")
    add("--diff", action="store_true", help=DIFF)
    add("--force", action="store_true", help="in spite of errors, and over edits by hand")
    add(FLAG, action="store_true", help="add the server of the start command to the manifest")
    add("--json", action="store_true", help="print JSON alone on stdout")


def _plan(arguments: argparse.Namespace) -> int:
    """The plan, and what stands against it on every host; that is no error of showing it."""
    repository = Repository(arguments.path)
    prepared = prepare(repository)
    plan = prepared.plan
    context = Context(plan, repository, "the plan", plan.limit_mib.value, prepared.lock)
    problems = preflight(context)
    if arguments.json:
        told = [problem.as_json() for problem in problems]
        shown = {"schema": 1, "plan": plan.as_json(), "problems": told}
        print(json.dumps(shown, ensure_ascii=False))
    else:
        print_plan(plan)
    print_problems(problems)
    return int(Exit.OK)


def _write(arguments: argparse.Namespace) -> int:
    """Preflight, then the files; nothing is written where there is an error."""
    repository = Repository(arguments.path)
    out = arguments.out or repository.root
    result = deploy_to(
        arguments.command,
        prepare(repository, out, server=arguments.add_server),
        repository,
        out=out,
        write=not (arguments.check or arguments.diff),
        force=arguments.force,
    )
    print_problems(result.problems)
    for edit in result.edits:
        say(f"{arguments.command}: {edit}")
    if arguments.diff:
        sys.stdout.write(result.diff)
    if arguments.json:
        print(json.dumps(result.as_json(), ensure_ascii=False))
    say(result.summary(check=arguments.check or arguments.diff, diff=arguments.diff))
    if not (arguments.check or arguments.diff or not result.steps):
        say("Commit the files. Then:")
        for step in result.steps:
            say(f"  {step}")
    if arguments.diff and not arguments.check:
        return int(Exit.OK)
    return int(result.exit_code(check=arguments.check))
