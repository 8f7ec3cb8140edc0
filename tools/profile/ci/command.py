"""`python -m tools.profile ci`: write a GitHub Actions workflow that runs the gate."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.limits.atomic import write_text
from tools.profile.ci.workflow import Workflow, render
from tools.profile.reporters import say
from vectorstore.commandline import CommandError, Exit, local_path


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--out", type=local_path, metavar="FILE", help="e.g. .github/workflows/memory.yml (printed)"
    )
    add("--check", action="store_true", help="write nothing; exit 1 when FILE differs")
    add("--force", action="store_true", help="overwrite FILE")
    add("--budget", default="budget.toml", metavar="FILE", help="(budget.toml)")
    add("--branch", default="main", help="whose pushes are measured beside pull requests (main)")
    add("--python-version", metavar="X.Y", help="(what .python-version says)")
    add("--requirements", default="requirements.txt", metavar="FILE", help="(requirements.txt)")
    add(
        "--install", metavar="WHAT", help="what pip installs fit512 from, e.g. git+https://…@COMMIT"
    )
    add("words", nargs="*", metavar="-- COMMAND", help="starts the app (`make gate` knows its own)")


def run(arguments: argparse.Namespace) -> int:
    _check(arguments)
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


def _check(arguments: argparse.Namespace) -> None:
    """Raises CommandError for a workflow that could not run."""
    if arguments.words and not arguments.install:
        raise CommandError(
            "fit512 is on no package index, and whoever takes its name there would be run as root."
            " Name what pip installs it from, pinned: --install 'fit512[profile] @"
            " git+https://HOST/OWNER/REPOSITORY@COMMIT', or a wheel in the repository."
        )
    needed = [arguments.budget]
    needed += [] if arguments.python_version else [".python-version"]
    needed += [arguments.requirements] if arguments.words else ["Makefile"]
    missing = [name for name in needed if not Path(name).is_file()]
    if missing:
        raise CommandError(
            f"{', '.join(missing)}: not in {Path.cwd()}, so the workflow could not run. Call this in the"
            " repository's first folder, with --budget, --requirements and --python-version where"
            " they are named otherwise."
        )


def _write(file: Path, text: str, *, check: bool, force: bool) -> int:
    same = file.is_file() and file.read_bytes() == text.encode()
    if check:
        say(f"{file}: {'is up to date' if same else 'differs'}")
        return Exit.OK if same else Exit.NO
    if file.exists() and not same and not force:
        raise CommandError(f"{file}: is there already and differs. Overwrite it with --force.")
    if not same:
        write_text(file, text)
    say(f"{file}: {'is up to date' if same else 'written'}")
    return Exit.OK
