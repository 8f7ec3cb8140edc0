"""The arguments that all commands which start an app share, and what they come to."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.limits import redirect, upstream
from tools.limits.atomic import check_writable
from tools.profile.asked import quoted, read_requests
from tools.profile.measure import look
from tools.profile.plan import Effort, Plan
from tools.profile.ready import Ended
from tools.profile.reporters import say
from tools.profile.result import read_profile
from tools.profile.stops import died
from tools.profile.subject import Subject
from vectorstore.commandline import local_path


def add_app_arguments(
    parser: argparse.ArgumentParser, required: bool = True, load: int = 200
) -> None:
    """The app, how it is reached and what it is asked; without `required` there may be no app."""
    add = parser.add_argument
    add("--python", type=local_path, metavar="PATH", help="the Python of the app's environment")
    add(
        "--cwd",
        type=local_path,
        default=Path(),
        metavar="FOLDER",
        help="where to run the app (here)",
    )
    add(
        "--requests",
        nargs="+",
        default=[],
        metavar="FILE|URL",
        help="what to ask: JSON lines with method, path and json; URLs or paths (questions of ours to"
        " the chat path, else the health path)",
    )
    add(
        "--health",
        type=_path,
        metavar="PATH",
        help="answers 200 when the app is ready (found by itself)",
    )
    load_help = f"requests of the load ({load})"
    add("--load", type=positive, default=load, metavar="N", help=load_help)
    add("--at-a-time", type=positive, default=4, metavar="N", help="of them at once (4)")
    add(
        "--ready-within",
        type=_seconds,
        default=120.0,
        metavar="S",
        help="seconds until ready (120)",
    )
    add(
        "--redirect",
        action="store_true",
        help="lead every host to a model API on this machine (for apps with a fixed address)",
    )
    # Options behind COMMAND are the command's: everything from the two dashes on.
    count = "+" if required else "*"
    add("words", nargs=count, metavar="-- COMMAND", help="starts the app; it is given PORT")


def add_into_argument(parser: argparse.ArgumentParser) -> None:
    """Where the result is kept."""
    parser.add_argument(
        "--into",
        type=local_path,
        metavar="PROFILE",
        help="put it into this profile, which `run` wrote",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON, and nothing else, on stdout"
    )


@contextmanager
def planned(arguments: argparse.Namespace) -> Iterator[Plan]:
    """Look at the app that the arguments name; its model API runs until the block ends.

    Raises CommandError.
    """
    into: Path | None = getattr(arguments, "into", None)
    if into:  # a misspelled one shall not cost a measurement
        read_profile(into)
        check_writable(into)
    effort = Effort(arguments.load, arguments.at_a_time, arguments.ready_within)
    asked = read_requests(arguments.requests)
    subject = Subject.of(arguments.words, arguments.cwd, arguments.python)
    with ExitStack() as stack:
        local = stack.enter_context(upstream())
        if arguments.redirect:
            subject = subject.with_variables(stack.enter_context(redirect(local.base_url)).env)
        say(f"looking at {' '.join(subject.command)}")
        try:
            plan = look(subject, effort, local.base_url, asked, arguments.health)
        except Ended as ended:
            raise died(ended, None, ended.output) from None
        say(f"listens on port {plan.door.address.port}; ready: GET {plan.door.ready_path}")
        say(f"asked: {plan.asked.source}")
        yield plan


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise argparse.ArgumentTypeError(f"must begin with a slash, as /{text}")
    return quoted(text)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:  # nan neither
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def positive(text: str) -> int:
    """The type of an argument that counts something."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value
