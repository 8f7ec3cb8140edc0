"""The command line of `python -m loadtests`."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from loadtests.adapters import names
from loadtests.options import Options
from loadtests.plan import PLANS
from loadtests.target import ROOT
from vectorstore.argument_types import positive
from vectorstore.commandline import CommandError, local_path

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}

# Options that have no default, by what they are of: given for something else, they would change nothing.
_OF_COMMAND = ("cwd", "ready", "cold", "redirect")
_OF_OURS = ("engine",)
_OF_STARTED = ("cores", "env", "latency_ms", "token_rate", "fault")
# The same of the shapes that they are for.
_OF_SHAPES = {
    "rate": tuple(name for name in PLANS if name != "spike"),
    "at_a_time": tuple(name for name in PLANS if name not in ("ramp", "spike")),
    "most_users": ("spike",),
    "step": ("ramp",),
    "step_s": ("ramp",),
    "sessions": ("sessions",),
}
_OF_A_SCHEDULE = ("rate", "interval_s")
LOAD = (*_OF_SHAPES, "interval_s")  # of those, the ones that were given make the options


def check_target(arguments: argparse.Namespace) -> None:
    """Raises CommandError for an option that means nothing for what is tested."""
    if arguments.host and arguments.command:
        raise CommandError("--host is a service that runs already, --command starts one: give one.")
    if arguments.host:
        names: Sequence[str] = (*_OF_COMMAND, *_OF_OURS, *_OF_STARTED)
        why = "is for a service that is started here, and --host runs already: give one"
    elif arguments.command:
        names, why = _OF_OURS, "is for our own service, and --command starts another: give one"
    else:
        names, why = _OF_COMMAND, "is for the service that --command starts: give --command, too"
    if given := [name for name in names if getattr(arguments, name) is not None]:
        raise CommandError(f"{_option(given[0])} {why}.")


def check_load(arguments: argparse.Namespace) -> None:
    """Raises CommandError for an option that means nothing for the shape, which is one of ours."""
    given = [name for name in LOAD if getattr(arguments, name) is not None]
    for name in given:
        shapes = _OF_SHAPES.get(name, (arguments.shape,))
        if arguments.shape not in shapes:
            raise CommandError(
                f"{_option(name)} means nothing for the shape {arguments.shape}:"
                f" it is for {', '.join(shapes)}."
            )
        if name in _OF_A_SCHEDULE and "at_a_time" in given:
            raise CommandError(
                f"{_option(name)} means nothing with --at-a-time: who asks as soon as they are"
                " answered has no schedule. Give one of them."
            )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def parser() -> argparse.ArgumentParser:
    default = Options()
    shapes = "; ".join(f"{name}: {plan.about}" for name, plan in PLANS.items())
    made = argparse.ArgumentParser(
        prog="python -m loadtests",
        description="Load a chat service inside its memory limit, and judge memory and latency."
        " Exit code 1: a threshold is broken or could not be measured; 2: nothing was sent, or the"
        " server ended for another reason than memory. What stands after -- goes to Locust.",
    )
    add = made.add_argument
    add("--shape", default="smoke", help=f"default: smoke. {shapes}")
    add(
        "--rate",
        type=_positive,
        help="questions per second; where a ramp begins (default: 10)",
    )
    add(
        "--duration",
        type=_seconds,
        default=0.0,
        metavar="TIME",
        help="such as 90s, 30m or 1h (default: the shape's)",
    )
    add(
        "--at-a-time",
        type=positive,
        metavar="N",
        help="N visitors who ask as soon as they are answered, in place of a rate",
    )
    add(
        "--interval-s",
        type=_positive,
        help="between two questions of one visitor (default: 2)",
    )
    add(
        "--most-users",
        type=positive,
        help="at the height of a spike (default: 300)",
    )
    add(
        "--step",
        type=_positive,
        help="questions per second that a ramp's steps add (default: 5)",
    )
    add(
        "--step-s",
        type=_positive,
        help="seconds that each of these steps takes (default: 15)",
    )
    add(
        "--sessions",
        type=positive,
        help="of the shape sessions (default: 10000)",
    )
    add(
        "--users",
        default="",
        metavar="NAMES",
        help="which kinds of visitors, separated by commas (default: the mix)",
    )
    add(
        "--timeout-s",
        type=_positive,
        default=default.timeout_s,
        help="that a visitor waits (default: 60)",
    )
    add("--seed", type=int, default=0, help="of the mix and of the moments (default: 0)")
    add(
        "--questions",
        type=local_path,
        metavar="FILE",
        help="one a line, follow-ups indented; or .jsonl",
    )
    add("--thresholds", type=local_path, metavar="FILE", help="default: loadtests/thresholds.toml")
    add(
        "--adapter",
        default=default.adapter,
        help=f"{', '.join(names())}, a TOML file or module:class",
    )
    add(
        "--out",
        type=local_path,
        default=ROOT / "build/reports",
        metavar="FOLDER",
        help="for load.json, .html and .md",
    )
    add("--json", action="store_true", help="print the report as JSON")
    _add_target(made)
    _add_upstream(made)
    return made


def _add_target(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("what is tested")
    add = group.add_argument
    add(
        "--host",
        metavar="URL",
        type=_address,
        help="a service that runs already; its memory is read from /metrics",
    )
    add(
        "--limit",
        metavar="MEMORY",
        help="such as 160MiB; '' for none (default: 512MiB, or what a host's /metrics tells)",
    )
    add("--cores", type=_cores, metavar="N", help="cores that the service may use (default: all)")
    add(
        "--engine",
        choices=("extractive", "upstream", "langchain"),
        help="of our service (default: upstream)",
    )
    add("--command", help="another service: its command, with {port}")
    add("--cwd", type=local_path, metavar="FOLDER", help="where that command runs (default: here)")
    add(
        "--env",
        action="append",
        metavar="NAME=VALUE",
        help="repeatable; {upstream} is the local model's address",
    )
    add(
        "--ready",
        metavar="PATH",
        help="answers 200 when it is ready (default: /ready)",
    )
    add(
        "--cold",
        type=local_path,
        action="append",
        metavar="PATH",
        help="of that command: drop it from the page cache before; repeatable",
    )
    add(
        "--redirect",
        action="store_true",
        default=None,
        help="lead every host that it asks to the local model",
    )


def _add_upstream(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("the local model")
    add = group.add_argument
    add("--latency-ms", type=_at_least_0, help="until the first token (default: 200)")
    add("--token-rate", type=_at_least_0, help="tokens per second; 0: all at once (default)")
    add(
        "--fault",
        action="append",
        metavar="KIND:SHARE",
        help="such as 503:0.5 or timeout:0.1; repeatable",
    )


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return number


def _positive(text: str) -> float:
    number = _number(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0")
    return number


def _at_least_0(text: str) -> float:
    number = _number(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is below 0")
    return number


def _cores(text: str) -> int:
    number, there = positive(text), os.cpu_count() or 1
    if number > there:
        raise argparse.ArgumentTypeError(f"{number} of {there} cores")
    return number


def _address(text: str) -> str:
    """Without the slash at its end, which a browser puts there."""
    try:
        url = urlsplit(text)
        known = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:  # a port above 65535, half an address of IPv6
        known = False
    if not known:
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as https://bot.example")
    return text.rstrip("/")


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|min|h)", text)
    if not match or not float(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 30m or 1h")
    return float(match[1]) * _UNITS[match[2]]
