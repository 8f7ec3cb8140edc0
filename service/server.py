"""uvicorn, set up for one small process: uvloop and httptools where they are installed."""

from __future__ import annotations

import logging
import signal
import socket
from contextlib import suppress

import uvicorn

from service import logs
from service.app import create_app
from service.config import Settings
from service.parts import Parts

log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or []:
            log.info("listening url=http://%s:%d", *listening.getsockname()[:2])


def serve(settings: Settings, parts: Parts, listening: socket.socket) -> bool:
    """Answer requests on a bound socket until SIGINT or SIGTERM. Whether it could start."""
    logs.configure("uvicorn", "warning")
    config = uvicorn.Config(
        create_app(settings, parts),
        access_log=False,  # the middleware writes the line
        lifespan="on",
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_grace_s,
        workers=1,
        ws="none",
    )
    server = _Server(config)
    # uvicorn raises the signal that stopped it once more when all is done: a stop that was asked for
    # and went well is no failure.
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    return server.started
