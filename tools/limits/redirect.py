"""`python -m tools.limits.redirect --to URL`: a proxy that answers every host from a local upstream.

So an app with a hard-coded https://openrouter.ai/api/v1 is measured as it is, without a network. The
line that it prints holds the environment to start the app with.
A command only: in Python use `tools.limits.redirect(...)`, which runs this one.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tools.limits.certificates import Authority, proxied, trusting
from tools.limits.redirect_proxy import Proxy
from tools.limits.route import Route
from tools.limits.serving import HOST, add_arguments, announce, at_eof
from vectorstore.commandline import CommandError, run


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.limits.redirect",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    parser.add_argument("--to", required=True, metavar="URL", help="base URL of the upstream")
    parser.add_argument(
        "--allow",
        action="append",
        metavar="HOST",
        help="repeatable, * allowed; default: every host",
    )
    parser.add_argument("--allow-none", action="store_true", help="refuse every host with 403")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    route = _route(arguments.to, [] if arguments.allow_none else arguments.allow)
    with tempfile.TemporaryDirectory(prefix="fit512-redirect-") as folder:  # for us alone: 0700
        asyncio.run(_serve(arguments, Proxy(route, Authority(Path(folder)))))
    return 0


def _route(to: str, allow: Sequence[str] | None) -> Route:
    try:
        parts = urlsplit(to)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme != "http":
        raise CommandError(f"--to {to!r} is no address such as http://127.0.0.1:8001/v1.")
    return Route(host, port or 80, allow)


async def _serve(arguments: argparse.Namespace, proxy: Proxy) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, done.set)
    if arguments.until_eof:
        at_eof(lambda: loop.call_soon_threadsafe(done.set))
    server = await asyncio.start_server(proxy.handle, HOST, arguments.port, backlog=1024)
    address = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    certificate = proxy.authority.certificate.resolve()
    env = {**proxied(address), **trusting(certificate)}
    announce({"proxy": address, "ca": str(certificate), "env": env}, arguments.ready_file)
    await done.wait()
    server.close()


if __name__ == "__main__":
    sys.exit(run("redirect", main))
