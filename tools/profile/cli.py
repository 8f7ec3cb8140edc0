"""`python -m tools.profile`: what a web app's memory goes to, and whether it fits."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tools.limits.sigterm import ended_by_sigterm
from tools.profile.program import PROGRAM
from vectorstore import commandline


@dataclass(frozen=True)
class Command:
    """A command: what it does, and the module with its `prepare_parser` and `run`."""

    summary: str
    module: str


# In the order in which they are used. Only the module of the command that is called is loaded.
COMMANDS = {
    "run": Command("start the app inside a limit, ask it, and measure it", "tools.profile.run"),
    "gate": Command("fail when the app is over its memory budget", "tools.profile.gate.command"),
    "report": Command("draw a profile: HTML and Markdown", "tools.profile.report.command"),
    "doctor": Command("name likely causes and remedies", "tools.profile.doctor.command"),
    "diff": Command("compare two profiles", "tools.profile.diff"),
    "fit": Command("find the smallest limit in which it starts and answers", "tools.profile.fit"),
    "leak": Command("tell what a long load leaves behind", "tools.profile.leak"),
    "malloc": Command("measure what settings of the allocator save it", "tools.profile.malloc"),
    "ci": Command("write a workflow that runs the gate", "tools.profile.ci.command"),
}


def main(argv: Sequence[str] | None = None) -> int:
    with ended_by_sigterm(PROGRAM):
        return commandline.run(PROGRAM, _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    named = next((a for a in arguments if not a.startswith("-")), None)
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Measure what a web app's memory goes to, and whether it fits."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.summary, description=command.summary)
        if name == named:
            module = importlib.import_module(command.module)
            module.prepare_parser(sub)
            sub.set_defaults(run=module.run)
    parsed = parser.parse_args(arguments)
    parsed.command_line = [*PROGRAM.split(), *arguments]
    return int(parsed.run(parsed))
