"""`python -m tools.profile fit`: the smallest limit in which the app starts and answers."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from tools.limits import format_mib
from tools.profile.options import add_app_arguments, add_into_argument, planned
from tools.profile.reporters import print_result, say
from tools.profile.result import add_to_profile
from tools.profile.smallest import Fit, find_fit
from vectorstore.commandline import Exit

_LOAD = 60  # enough for a p95, and each of some 15 runs asks them


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add_into_argument(parser)
    add_app_arguments(parser, load=_LOAD)


def run(arguments: argparse.Namespace) -> int:
    with planned(arguments) as plan:
        fit = find_fit(plan, say)
    found = fit.as_json()
    print_result(arguments.json, found, _line(fit, found))
    if arguments.into:
        add_to_profile(arguments.into, fit=found)
        say(f"put it into {arguments.into}")
    return Exit.OK


def _line(fit: Fit, found: Mapping[str, Any]) -> str:
    death = fit.deaths[0] if fit.deaths else None
    why = f"; inside {format_mib(fit.died_at_mib)} it died in stage {death}" if death else ""
    return f"fits into {format_mib(fit.limit_mib)} ({found['enforcement']}){why}"
