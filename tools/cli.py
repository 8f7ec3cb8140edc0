"""The console command `fit512`: the same `main()` as each `python -m …`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

OURS = ("deploy", "service", "tools", "vectorstore")
# name -> (module with main(argv), what it does, the extra it needs). Imported only when called: a
# tool loads neither the service nor another tool.
COMMANDS = {
    "deploy": ("deploy.cli", "write the configuration of a host from one measured plan", "deploy"),
    "loadtest": (
        "loadtests.cli",
        "load a service inside its memory limit, and judge it (in a checkout)",
        "loadtest",
    ),
    "migrate": (
        "tools.migrate.cli",
        "convert a legacy repository, export its model, verify both",
        "migrate",
    ),
    "profile": (
        "tools.profile.cli",
        "measure what an app's memory goes to, and gate it",
        "profile",
    ),
    "serve": ("service.cli", "run the chat service", ""),
    "store": ("vectorstore.cli", "build, convert, show and query a document store", ""),
}


def usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, (_, text, _) in sorted(COMMANDS.items())]
    return "usage: fit512 COMMAND [ARGUMENTS]\n\n" + "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in ("-h", "--help"):
        print(usage(), end="")
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        said = f"fit512: no command {arguments[0]!r}\n" if arguments else ""
        print(said + usage(), end="", file=sys.stderr)
        return 2
    module, _, extra = COMMANDS[arguments[0]]
    try:
        command = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if not extra or (error.name or "").partition(".")[0] in OURS:
            raise
        print(
            f"fit512 {arguments[0]}: {error.name} is not installed; this command needs an extra:"
            f" pip install 'fit512[{extra}]' (in a checkout: .venv/bin/python, which `make install`"
            " makes, has it)",
            file=sys.stderr,
        )
        return 2
    return int(command.main(arguments[1:]))
