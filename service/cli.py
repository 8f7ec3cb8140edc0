"""`python -m service`: run the chat service."""

from __future__ import annotations

import argparse
import errno
import os
import socket
from collections.abc import Sequence

from service import __version__, settings_table
from service.config import Settings
from service.read_settings import load_settings
from vectorstore.commandline import CommandError, Exit, run

PROGRAM = "fit512 serve"


def main(argv: Sequence[str] | None = None) -> int:
    return run(PROGRAM, _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(argv)
    if arguments.settings:
        tables = {"env": settings_table.env_example, "markdown": settings_table.markdown}
        print(tables[arguments.settings](), end="")
        return Exit.OK
    given = {"port": arguments.port, "bind_host": arguments.host}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    return _serve(settings, settings.bind_host or _default_host(arguments.port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Run the chat service. Settings come from the environment and .env;"
        " `.env.example` explains them.",
    )
    parser.add_argument("--port", type=int, help="port to listen on (default: PORT, or 8000)")
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1, see BIND_HOST)")
    parser.add_argument(
        "--settings",
        choices=("env", "markdown"),
        help="print every setting, as .env.example or as a table, and end",
    )
    parser.add_argument("--version", action="version", version=f"fit512 {__version__}")
    return parser


def _default_host(port_argument: int | None) -> str:
    """A host that sets PORT sends requests from outside; on one's own machine nobody else should."""
    given_by_host = port_argument is None and bool(os.environ.get("PORT"))
    return "0.0.0.0" if given_by_host else "127.0.0.1"


def _serve(settings: Settings, host: str) -> int:
    listening = _bind(host, settings.port)
    # Only now, so that --help and what is refused above answer at once.
    from service.parts import Parts
    from service.server import serve

    parts = Parts.load(settings)
    return Exit.OK if serve(settings, parts, listening) else Exit.ERROR


def _bind(host: str, port: int) -> socket.socket:
    """A socket of our own, so that a port in use is an error of ours, before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    if os.name == "posix":  # on Windows it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise CommandError(
            f"port {port} is taken: another program, or another run of this one, listens there."
            " Stop it, or choose another with --port or PORT."
            if taken
            else f"cannot listen on {host}, port {port}: {error}."
        ) from error
    return listening
