"""What deploy says to a person."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from deploy.plan import Plan
from deploy.problem import Problem
from tools.limits.units import format_mib


def say(text: str) -> None:
    """Talk: on stderr, so that stdout holds results alone."""
    print(text, file=sys.stderr, flush=True)


def print_plan(plan: Plan) -> None:
    rows = [
        (name, _shown(name, item["value"]), item["source"]) for name, item in plan.as_json().items()
    ]
    widest = max(len(name) for name, _, _ in rows)
    longest = min(60, max(len(value) for _, value, _ in rows))
    for name, value, source in rows:
        print(f"{name:<{widest}}  {value:<{longest}}  {source}")


def print_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        say(str(problem))


def _shown(name: str, value: object) -> str:
    if value is None or value in ([], {}):
        return "not measured" if name == "peak_mib" else "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_mib") and isinstance(value, float):
        return format_mib(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return " ".join(f"{key}={item}" for key, item in value.items())
    return str(value)
