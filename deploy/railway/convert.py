"""`python -m deploy railway-convert`: from railway.json or railway.toml to infrastructure as code."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from deploy.generated import GeneratedFile
from deploy.preflight.context import Context
from deploy.preflight.registry import preflight
from deploy.prepare import prepare
from deploy.problem import warning
from deploy.railway import files, limit_mib
from deploy.railway.carried import carried, settings_edit
from deploy.railway.legacy import legacy_json, legacy_toml, read_legacy
from deploy.reporters import print_problems, say
from deploy.repository import Repository
from deploy.run import put
from vectorstore.commandline import CommandError, Exit, local_path


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("path", type=local_path, nargs="?", default=Path(), help="the repository (.)")
    add("--out", type=local_path, metavar="FOLDER", help="write there, not into the repository")
    add("--force", action="store_true", help="in spite of errors, and over edits by hand")
    add("--back", choices=["json", "toml"], help="the other way: write the file of before")


def run(arguments: argparse.Namespace) -> int:
    """The old file stays where it is: the last line says when to remove it."""
    repository = Repository(arguments.path)
    out = arguments.out or repository.root
    prepared = prepare(repository, out)
    plan = prepared.plan
    problems = []
    if arguments.back:
        text = legacy_json(plan) if arguments.back == "json" else legacy_toml(plan)
        # Without the program: a service that has both stops `railway config plan`.
        made = [GeneratedFile(f"railway.{arguments.back}", text, arguments.back)]
    else:
        found = read_legacy(repository)
        if found is None:
            raise CommandError(
                f"{repository.root} has no railway.json and no railway.toml.", Exit.NO
            )
        name, settings = found
        kept = carried(plan, settings)
        plan, edit = settings_edit(repository, plan, name, kept)
        problems = [warning("converted", name, said) for said in kept.said]
        if edit:
            prepared = replace(prepared, edits=(*prepared.edits, edit))
        made = list(files(plan))
    context = Context(plan, repository, "railway", limit_mib(plan), prepared.lock)
    # That the old file is there is what this command is about.
    problems += [problem for problem in preflight(context) if problem.check != "legacy"]
    prepared = replace(prepared, plan=plan)
    result = put("railway", prepared, made, problems, repository, out, True, arguments.force)
    print_problems(result.problems)
    for said in result.edits:
        say(f"railway: {said}")
    say(result.summary(check=False))
    if result.written and not arguments.back:
        say("Remove the old file once `railway config apply` has run: a service reads one of them.")
    return int(result.exit_code(check=False))
