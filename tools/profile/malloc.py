"""`python -m tools.profile malloc`: what other settings of the allocator save this very app."""

from __future__ import annotations

import argparse
from typing import Any

from tools.limits import parse_mib
from tools.profile.allocators import Setting, available
from tools.profile.measure import measure
from tools.profile.options import add_app_arguments, add_into_argument, planned, positive
from tools.profile.plan import Plan
from tools.profile.reporters import print_result, say
from tools.profile.result import Figure, add_to_profile
from tools.profile.stops import died
from vectorstore.commandline import Exit


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--limit", metavar="SIZE", help="a memory limit to run in (none)")
    add(
        "--runs",
        type=positive,
        default=3,
        metavar="N",
        help="rounds; in each, every setting once (3)",
    )
    add_into_argument(parser)
    add_app_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    limit_mib = parse_mib(arguments.limit) if arguments.limit else None
    settings = available()
    with planned(arguments) as plan:
        plain, rounds = [], []
        for number in range(arguments.runs):
            # Alternately, so that a change of the machine meets all of them.
            plain.append(_held_mib(plan, limit_mib))
            rounds.append(
                [_held_mib(plan.with_variables(s.variables), limit_mib) for s in settings]
            )
            say(f"round {number + 1} of {arguments.runs}")
    found = _as_json(settings, plain, rounds)
    print_result(arguments.json, found, "\n".join(_lines(found)))
    if arguments.into:
        add_to_profile(arguments.into, malloc=found)
        say(f"put it into {arguments.into}")
    return Exit.OK


def _held_mib(plan: Plan, limit_mib: float | None) -> float:
    """Anonymous memory after the load: the allocator's part. Raises CommandError."""
    run = measure(plan, limit_mib)
    if run.ended:
        raise died(run.ended, limit_mib, run.output)
    after = run.stages["after"].reading
    held = after.rss_mib if after.anonymous_mib is None else after.anonymous_mib
    return held or 0.0


def _as_json(
    settings: list[Setting], plain: list[float], rounds: list[list[float]]
) -> dict[str, Any]:
    gains = [
        Figure.of(before - after[i] for before, after in zip(plain, rounds, strict=True))
        for i in range(len(settings))
    ]
    return {
        "measured": "anonymous memory after the load, MiB less than without the setting",
        "plain_mib": Figure.of(plain),
        "settings": [
            {"name": setting.name, "variables": dict(setting.variables), "gain_mib": gain}
            for setting, gain in zip(settings, gains, strict=True)
        ],
    }


def _lines(found: dict[str, Any]) -> list[str]:
    plain = found["plain_mib"].median
    return [
        f"{'without a setting':<34}{plain:8.1f} MiB anonymous after the load",
        *(
            f"{setting['name']:<34}{plain - setting['gain_mib'].median:8.1f} MiB"
            f" (saves {setting['gain_mib'].median:.1f}: {setting['gain_mib'].min:.1f} to"
            f" {setting['gain_mib'].max:.1f})"
            for setting in found["settings"]
        ),
    ]
