"""`python -m tools.limits.upstream`: a model API on this machine, to measure and break against.

A command only: in Python use `tools.limits.upstream(...)`, which runs this one.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from tools.limits.faults import A_STATUS, KINDS, parse_faults
from tools.limits.serving import HOST, add_arguments, announce, at_eof
from tools.limits.upstream_app import Settings, create_app
from vectorstore.commandline import run

_KEEP_ALIVE_S = 600  # a pooled connection that closes under a client looks like a fault


class _Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Hands the connection to the app, which has to break it for some faults."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, arguments: argparse.Namespace) -> None:
        super().__init__(config)
        self.arguments = arguments

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        (listener,) = cast(list[socket.socket], sockets)
        port = listener.getsockname()[1]
        where = {"base_url": f"http://{HOST}:{port}/v1", "port": port}
        announce(where, self.arguments.ready_file)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.limits.upstream", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="until the first token")
    parser.add_argument("--token-rate", type=float, default=0.0, help="tokens/s; 0: all at once")
    kinds = "; ".join([A_STATUS, *(f"{kind}: {what}" for kind, what in KINDS.items())])
    parser.add_argument(
        "--fault", action="append", default=[], metavar="KIND:SHARE", help=f"repeatable. {kinds}"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same faults for the same requests")
    parser.add_argument("--retry-after-s", type=int, default=1, help="said with 429 and 503")
    parser.add_argument("--keep", type=int, default=10_000, help="requests to remember")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    settings = Settings(
        latency_ms=arguments.latency_ms,
        token_rate=arguments.token_rate,
        faults=parse_faults(arguments.fault),
        seed=arguments.seed,
        retry_after_s=arguments.retry_after_s,
        keep=arguments.keep,
    )
    config = uvicorn.Config(
        create_app(settings),
        http=_Protocol,
        lifespan="off",
        log_level="critical",
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, arguments)
    if arguments.until_eof:
        at_eof(lambda: setattr(server, "should_exit", True))
    with socket.create_server((HOST, arguments.port), backlog=1024) as listener:
        server.run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(run("upstream", main))
