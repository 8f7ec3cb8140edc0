"""`python -m tools.profile ci`: write a GitHub Actions workflow that runs the gate."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.limits.atomic import write_text
from tools.profile.ci.workflow import Workflow, render
from tools.profile.reporters import say
from vectorstore.commandline import CommandError, Exit


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--out", type=Path, metavar="FILE", help="e.g. .github/workflows/memory.yml (printed)")
    add("--check", action="store_true", help="write nothing; exit 1 when FILE differs")
    add("--force", action="store_true", help="overwrite FILE")
    add("--budget", default="budget.toml", metavar="FILE", help="(budget.toml)")
    add("--branch", default="main", help="whose pushes are measured beside pull requests (main)")
    add("--python-version", metavar="X.Y", help="(what .python-version says)")
    add("--requirements", default="requirements.txt", metavar="FILE", help="(requirements.txt)")
    add("--install", default="fit512[profile]", metavar="WHAT", help="for pip: (fit512[profile])")
    add("words", nargs="*", metavar="-- COMMAND", help="starts the app (`make gate` knows its own)")


def run(arguments: argparse.Namespace) -> int:
    text = render(
        Workflow(
            command=arguments.words,
            budget=arguments.budget,
            branch=arguments.branch,
            python=arguments.python_version,
            requirements=arguments.requirements,
            install=arguments.install,
        )
    )
    if arguments.out is None:
        sys.stdout.write(text)
        return Exit.OK
    return _write(arguments.out, text, check=arguments.check, force=arguments.force)


def _write(file: Path, text: str, *, check: bool, force: bool) -> int:
    same = file.is_file() and file.read_text("utf-8") == text
    if check:
        say(f"{file}: {'is up to date' if same else 'differs'}")
        return Exit.OK if same else Exit.NO
    if file.exists() and not same and not force:
        raise CommandError(f"{file}: is there already and differs. Overwrite it with --force.")
    if not same:
        write_text(file, text)
    say(f"{file}: {'is up to date' if same else 'written'}")
    return Exit.OK
