"""`python -m tools.profile doctor`: what is likely wrong, in order, and what helps."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tools.profile.doctor.evidence import Evidence
from tools.profile.doctor.hostlog import Sign, signs
from tools.profile.doctor.probe import VARIABLES, latency_ms
from tools.profile.doctor.registry import diagnose
from tools.profile.doctor.reporters import as_json, render
from tools.profile.options import add_app_arguments, positive
from tools.profile.reporters import print_result, say
from tools.profile.result import read_profile
from vectorstore.commandline import CommandError, Exit


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--profile", type=Path, metavar="FILE", help="what `run` wrote (the app is measured)")
    add("--log", type=Path, metavar="FILE", help="the host's log")
    add("--env", type=Path, metavar="FILE", help="the host's variables, NAME=VALUE lines (ours)")
    add("--upstream", metavar="URL", help="base URL of the model API, to be probed")
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
    return Exit.NO if findings else Exit.OK


def _looked_at(
    arguments: argparse.Namespace, environment: Mapping[str, str], said: list[Sign]
) -> Evidence:
    evidence = Evidence(None, arguments.words, environment, said)
    base_url = arguments.upstream or next(filter(None, map(environment.get, VARIABLES)), None)
    if base_url:
        evidence = replace(evidence, upstream_ms=_probed(base_url))
    if arguments.profile:
        profile = read_profile(arguments.profile)
        return replace(evidence, profile=profile, command=arguments.words or profile.command)
    return _measured(arguments, evidence) if arguments.words else evidence


def _measured(arguments: argparse.Namespace, evidence: Evidence) -> Evidence:
    """Without a limit: an app that is killed tells less of itself."""
    from tools.profile.run import measured  # only then: reading a log starts no app

    try:
        return replace(evidence, profile=measured(arguments, None, None))
    except CommandError as error:
        return replace(evidence, died=str(error))


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
    """Of the host, as its dashboard exports it; else of this terminal."""
    if file is None:
        return os.environ
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror}.") from error
    pairs = (line.removeprefix("export ").partition("=") for line in lines if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
