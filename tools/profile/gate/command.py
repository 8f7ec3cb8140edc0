"""`python -m tools.profile gate`: fail when an app takes more memory than its budget allows."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.limits.atomic import check_writable
from tools.limits.content import content_sha256
from tools.profile.gate.budget import Budget, read_budget
from tools.profile.gate.judge import judge
from tools.profile.gate.reporters import print_json, print_verdict, summary
from tools.profile.options import add_app_arguments, positive
from tools.profile.report.command import check_is_json
from tools.profile.reporters import say
from tools.profile.result import Profile, read_profile, write_profile
from vectorstore.commandline import CommandError, Exit, local_path

PROFILE = Path("build/reports/profile.json")


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--budget",
        type=local_path,
        default=Path("budget.toml"),
        metavar="FILE",
        help="(budget.toml)",
    )
    add(
        "--profile",
        type=local_path,
        default=PROFILE,
        metavar="FILE",
        help=f"the profile to judge; with COMMAND it is measured first and written there ({PROFILE})",
    )
    add(
        "--update-baseline",
        action="store_true",
        help="make this profile the baseline, if it passes but for its growth",
    )
    add("--summary", type=local_path, metavar="FILE", help="append the verdict in Markdown to FILE")
    add("--json", action="store_true", help="print JSON, and nothing else, on stdout")
    add("--runs", type=positive, default=3, metavar="N", help="fresh processes to measure (3)")
    add_app_arguments(parser, required=False)


def run(arguments: argparse.Namespace) -> int:
    budget = read_budget(arguments.budget)  # first: a mistake in it shall not cost a measurement
    before = _baseline(budget)
    now = _profile(arguments, budget, before)
    verdict = judge(budget, now, before)
    (print_json if arguments.json else print_verdict)(budget, verdict, now, before)
    if arguments.summary:
        _append(arguments.summary, summary(budget, verdict, now, before))
    if arguments.update_baseline:
        _update_baseline(budget, now, verdict.may_be_baseline)
        return Exit.OK if verdict.may_be_baseline else Exit.NO
    return Exit.OK if verdict.passed else Exit.NO


def _profile(arguments: argparse.Namespace, budget: Budget, before: Profile | None) -> Profile:
    if arguments.words:
        from tools.profile.run import keep, measured  # only then: reading one starts no app

        check_is_json(arguments.profile)
        check_writable(arguments.profile)
        profile = measured(arguments, budget.limit_mib, arguments.profile)
        keep(profile, arguments.profile, before)
        return profile
    profile = read_profile(arguments.profile)
    if _changed_since(profile, arguments.cwd):
        say(f"warning: the app's sources are not those that {arguments.profile} was measured of")
    return profile


def _changed_since(profile: Profile, root: Path) -> bool:
    """False as well where the sources are not below `root`: then nothing can be said."""
    if not profile.content:
        return False
    try:
        found = content_sha256(root, profile.content["paths"])
    except CommandError:
        return False
    return found != str(profile.content["sha256"])


def _baseline(budget: Budget) -> Profile | None:
    if budget.baseline is None or not budget.baseline.is_file():
        return None
    return read_profile(budget.baseline)


def _update_baseline(budget: Budget, now: Profile, passed: bool) -> None:
    if budget.baseline is None:
        raise CommandError(f"{budget.file}: names no `baseline` in [budget] to update.")
    if not passed:
        say(f"{budget.baseline} was left as it is: the budget is not kept")
        return
    write_profile(budget.baseline, now)
    say(f"wrote {budget.baseline}")


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as summary_file:
            summary_file.write(text)
    except OSError as error:
        raise CommandError(f"{file}: cannot be written: {error.strerror}.") from error
