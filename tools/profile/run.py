"""`python -m tools.profile run`: measure an app inside a limit and write its profile."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tools.limits import format_mib, parse_mib
from tools.limits.atomic import check_writable
from tools.profile.assemble import assemble, enforcement, unanswered
from tools.profile.death import death, too_small
from tools.profile.interpreter import bare_interpreter
from tools.profile.marks import Mark
from tools.profile.measure import Run, measure
from tools.profile.options import add_app_arguments, planned, positive
from tools.profile.plan import Plan
from tools.profile.report.command import check_is_json, write_reports
from tools.profile.reporters import print_json, print_profile, say
from tools.profile.result import Profile, read_profile, write_profile
from tools.profile.stops import died
from tools.profile.unenforced import above_line
from tools.profile.who.measure import with_who
from vectorstore.commandline import Exit, local_path


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--limit", default="512MiB", metavar="SIZE", help='memory limit, or "none" (512MiB)')
    add("--runs", type=positive, default=3, metavar="N", help="fresh processes to measure (3)")
    add(
        "--out",
        type=local_path,
        metavar="FILE",
        help="write the profile there, and its page and Markdown beside (only printed)",
    )
    add(
        "--json", action="store_true", help="print the profile as JSON, and nothing else, on stdout"
    )
    add(
        "--before",
        type=local_path,
        metavar="FILE",
        help="the profile that the reports compare with",
    )
    add("--no-who", action="store_true", help="leave out whose memory it is: two runs less")
    add_app_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    limit_mib = None if arguments.limit == "none" else parse_mib(arguments.limit)
    before = read_profile(arguments.before) if arguments.before else None
    if arguments.out:
        check_is_json(arguments.out)
        check_writable(arguments.out)
    profile = measured(arguments, limit_mib, arguments.out, with_packages=not arguments.no_who)
    (print_json if arguments.json else print_profile)(profile)
    if arguments.out:  # last: on a full disk the figures have been seen
        keep(profile, arguments.out, before)
    above = above_line(profile)
    if above:
        say(f"not measured: {above}. That is no yes: run it where a cgroup can be had, or as root")
    return Exit.NO if profile.died or above else Exit.OK


def measured(
    arguments: argparse.Namespace,
    limit_mib: float | None,
    out: Path | None,
    with_packages: bool = True,
) -> Profile:
    """Measure the app that the arguments name; what is no profile is written beside `out`.

    Of one that does not come to its end inside the limit: how it takes what it takes without one.
    Raises CommandError.
    """
    with planned(arguments) as plan:
        return measure_plan(plan, arguments.runs, limit_mib, out, with_packages)


def measure_plan(
    plan: Plan, runs: int, limit_mib: float | None, out: Path | None, with_packages: bool = True
) -> Profile:
    """The same of an app that was looked at."""
    died = None
    try:
        done = [_measured(plan, limit_mib, number + 1) for number in range(runs)]
    except _TooSmall as small:
        died, limit_mib = small.died, None
        done = [_measured(plan, None, 1)]
    interpreter = _interpreter(plan, runs)
    profile = assemble(plan, done, limit_mib, interpreter, plan.subject.given)
    profile = replace(profile, died=died)
    return with_who(profile, plan, out) if with_packages else profile


def keep(profile: Profile, out: Path, before: Profile | None) -> None:
    """Write the profile, with its page and Markdown beside, and say so. Raises CommandError."""
    write_profile(out, profile)
    say(f"wrote {out}")
    write_reports(out, profile, before)


def _measured(plan: Plan, limit_mib: float | None, number: int) -> Run:
    """One run, said in a line. Raises CommandError when it did not come to its end, or _TooSmall."""
    run = measure(plan, limit_mib)
    if run.ended and limit_mib is not None and too_small(run.ended, limit_mib):
        say(f"{died(run.ended, limit_mib, run.output)}\nmeasuring it once without a limit")
        raise _TooSmall(death(run, run.ended, limit_mib))
    if run.ended:
        raise died(run.ended, limit_mib, run.output)
    say(
        f"run {number}: ready after {(run.ready_ms or 0) / 1000:.2f} s, peak RSS"
        f" {format_mib(run.peak.rss_mib or 0)} ({'no limit' if limit_mib is None else enforcement(run)})"
    )
    for failure in unanswered([run]):
        say(f"warning: {failure}")
    return run


class _TooSmall(Exception):
    """The app does not come to its end inside the limit."""

    def __init__(self, died: Mapping[str, Any]) -> None:
        super().__init__(died["why"])
        self.died = died


def _interpreter(plan: Plan, runs: int) -> list[Mark]:
    if plan.subject.python is None:
        return []
    environment = plan.subject.environment
    return [Mark(*bare_interpreter(plan.subject.python, environment)) for _ in range(runs)]
