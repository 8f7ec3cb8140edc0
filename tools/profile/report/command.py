"""`python -m tools.profile report`: a profile as a page and as Markdown, beside its JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.limits.atomic import write_text
from tools.profile.report.page import html
from tools.profile.report.text import markdown
from tools.profile.reporters import say
from tools.profile.result import Profile, read_profile
from vectorstore.commandline import CommandError, Exit, local_path


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("profile", type=local_path, metavar="FILE", help="what `run --out` wrote")
    parser.add_argument(
        "--before", type=local_path, metavar="FILE", help="the profile to compare with"
    )


def run(arguments: argparse.Namespace) -> int:
    check_is_json(arguments.profile)
    before = read_profile(arguments.before) if arguments.before else None
    write_reports(arguments.profile, read_profile(arguments.profile), before)
    return Exit.OK


def check_is_json(file: Path) -> None:
    """Its page and its Markdown would be written over it otherwise. Raises CommandError."""
    if file.suffix in (".html", ".md"):
        raise CommandError(f"{file}: a profile is JSON, with its page beside it. Name it .json.")


def write_reports(file: Path, profile: Profile, before: Profile | None) -> None:
    """Write FILE.html and FILE.md beside the profile FILE.json. Raises CommandError."""
    for suffix, text in ((".html", html(profile, before)), (".md", markdown(profile, before))):
        write_text(file.with_suffix(suffix), text)
        say(f"wrote {file.with_suffix(suffix)}")
