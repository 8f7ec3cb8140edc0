"""`python -m tools.profile leak`: what a long load leaves behind, per thousand requests."""

from __future__ import annotations

import argparse
from typing import Any

from tools.limits import parse_mib
from tools.profile.growth import Growth, measure_growth
from tools.profile.options import add_app_arguments, add_into_argument, planned
from tools.profile.ready import Ended
from tools.profile.reporters import print_result, say
from tools.profile.result import add_to_profile
from tools.profile.stops import died
from vectorstore.commandline import Exit

_LOAD = 3000
_UNDECIDED = ", but it is little, dies down, or structures with a bound still fill: raise --load"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", metavar="SIZE", help="a memory limit to run in (none)")
    add_into_argument(parser)
    add_app_arguments(parser, load=_LOAD)


def run(arguments: argparse.Namespace) -> int:
    limit_mib = parse_mib(arguments.limit) if arguments.limit else None
    with planned(arguments) as plan:
        try:
            growth = measure_growth(plan, limit_mib)
        except Ended as ended:
            raise died(ended, limit_mib) from None
    found = growth.as_json()
    print_result(arguments.json, found, "\n".join(_lines(growth, found)))
    if arguments.into:
        add_to_profile(arguments.into, leak=found)
        say(f"put it into {arguments.into}")
    return Exit.NO if growth.verdict == "leaks" else Exit.OK


def _lines(growth: Growth, found: dict[str, Any]) -> list[str]:
    total = growth.slope
    return [
        f"{growth.figure} grows by {total.per_unit:.1f} KiB per 1000 requests (95 %:"
        f" {total.low:.1f} to {total.high:.1f}), over {found['requests']} requests after"
        f" {found['warm_up']} of warm-up",
        *(
            f"  of it {name}: {kib:.1f} KiB per 1000 requests, which has a bound of its own"
            for name, kib in growth.explained.items()
        ),
        f"{growth.verdict}: {growth.unexplained.per_unit:.1f} KiB per 1000 requests are not explained"
        + (_UNDECIDED if growth.verdict == "undecided" else ""),
    ]
