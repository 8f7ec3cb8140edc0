"""`python -m tools.profile doctor`: what is likely wrong, in order, and what helps."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tools.limits import parse_mib
from tools.limits.atomic import check_writable
from tools.profile.doctor.evidence import Evidence
from tools.profile.doctor.hostlog import Sign, signs
from tools.profile.doctor.probe import VARIABLES, latency_ms
from tools.profile.doctor.registry import diagnose
from tools.profile.doctor.reporters import as_json, render
from tools.profile.given import read_text
from tools.profile.growth import measure_growth
from tools.profile.options import add_app_arguments, planned, positive
from tools.profile.plan import Plan
from tools.profile.ready import Ended
from tools.profile.report.command import check_is_json
from tools.profile.reporters import print_result, say
from tools.profile.result import Profile, read_profile
from tools.profile.run import keep, measure_plan
from tools.profile.stops import Died
from vectorstore.commandline import CommandError, Exit, local_path

_LEAK_S, _LEAK_LEAST, _LEAK_MOST = 20.0, 400, 3000


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--profile", type=local_path, metavar="FILE", help="what `run` wrote (the app is measured)")
    add("--log", type=local_path, metavar="FILE", help="the host's log")
    add(
        "--env",
        type=local_path,
        metavar="FILE",
        help="the host's variables, NAME=VALUE lines (ours)",
    )
    add("--upstream", metavar="URL", help="base URL of the model API, to be probed")
    add("--limit", metavar="SIZE", help="what the host gives (the log's, else 512MiB)")
    add("--out", type=local_path, metavar="FILE", help="keep the profile that is measured there")
    add("--runs", type=positive, default=1, metavar="N", help="fresh processes to measure (1)")
    add("--json", action="store_true", help="print JSON, and nothing else, on stdout")
    add_app_arguments(parser, required=False)


def run(arguments: argparse.Namespace) -> int:
    if not (arguments.words or arguments.profile or arguments.log):
        raise CommandError(
            "nothing to look at: give a COMMAND behind two dashes, --profile or --log."
        )
    evidence = _looked_at(arguments, _environment(arguments.env), _signs(arguments.log))
    findings = diagnose(evidence)
    print_result(arguments.json, as_json(evidence, findings), render(evidence, findings))
    if arguments.out and evidence.profile and not arguments.profile:
        keep(evidence.profile, arguments.out, None)
    return Exit.NO if findings or evidence.signs else Exit.OK


def _looked_at(
    arguments: argparse.Namespace, environment: Mapping[str, str], said: list[Sign]
) -> Evidence:
    limit_mib = parse_mib(arguments.limit) if arguments.limit else None
    evidence = Evidence(
        None, arguments.words, environment, said, given_mib=limit_mib, has_log=bool(arguments.log)
    )
    base_url = arguments.upstream or next(filter(None, map(environment.get, VARIABLES)), None)
    if base_url:
        evidence = replace(evidence, upstream_ms=_probed(base_url))
    if arguments.profile:
        profile = read_profile(arguments.profile)
        return replace(evidence, profile=profile, command=arguments.words or profile.command)
    return _measured(arguments, evidence) if arguments.words else evidence


def _measured(arguments: argparse.Namespace, evidence: Evidence) -> Evidence:
    """Without a limit: an app that is killed tells less of itself."""
    if arguments.out:
        check_is_json(arguments.out)
        check_writable(arguments.out)
    try:
        with planned(arguments) as plan:
            profile = measure_plan(plan, arguments.runs, None, arguments.out)
            return replace(evidence, profile=replace(profile, leak=_growth(plan, profile)))
    except Died as died:
        return replace(evidence, died=died)


def _growth(plan: Plan, profile: Profile) -> Mapping[str, Any] | None:
    """What a load of some twenty seconds leaves behind; None for an app that is too slow for it."""
    speed = profile.load.get("per_second")
    requests = min(int(speed.median * _LEAK_S), _LEAK_MOST) if speed else 0
    if requests < _LEAK_LEAST:
        return None
    say(f"asking whether it grows: {requests} requests")
    try:
        longer = replace(plan, effort=replace(plan.effort, requests=requests))
        return measure_growth(longer, None).as_json()
    except Ended as ended:
        say(f"growth was not measured: {ended}")
        return None


def _probed(base_url: str) -> float | None:
    try:
        return latency_ms(base_url)
    except CommandError as error:
        say(f"the model API was not probed: {error}")
        return None


def _signs(file: Path | None) -> list[Sign]:
    if file is None:
        return []
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            return signs(lines)
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror}.") from error


def _environment(file: Path | None) -> Mapping[str, str]:
    return os.environ if file is None else read_variables(file)


def read_variables(file: Path) -> Mapping[str, str]:
    """The host's, NAME=VALUE lines as its dashboard exports them. Raises CommandError."""
    lines = read_text(file).splitlines()
    pairs = (line.removeprefix("export ").partition("=") for line in lines if "=" in line)
    return {name.strip(): _value(value.strip()) for name, _, value in pairs}


def _value(text: str) -> str:
    """Without its quotes, or the comment behind it."""
    quoted = re.match(r"""(["'])(.*?)\1""", text)
    return quoted[2] if quoted else re.sub(r"(^|\s+)#.*", "", text)
