"""uvicorn, set up for one small process: uvloop and httptools where they are installed."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
from contextlib import suppress
from importlib.util import find_spec
from typing import Literal

import uvicorn
from fastapi import FastAPI

from service import logs
from service.app import create_app
from service.config import Settings
from service.crowd import Crowd
from service.parts import Parts
from service.running import Running
from service.start import PlainStart

log = logging.getLogger(__name__)


# How often it is looked whether the last answer is out.
POLL_S = 0.05
# To write the last words of the answers that are cut off.
LAST_WORDS_S = 1


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app: FastAPI, grace_s: float) -> None:
        super().__init__(config)
        self._app = app
        self._grace_s = grace_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        running: Running | None = self._app.state.running
        if running:
            crowd = getattr(self.config.http, "crowd", Crowd())  # that of h11 stays at 0
            running.metrics.watch_connections(self.server_state.connections, crowd.closed)
        for listening in sockets or []:
            log.info("listening url=http://%s:%d", *listening.getsockname()[:2])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the answers that run; who asks meanwhile gets 503 instead of a closed door.

        Answers that take longer than the grace are cut off, and say so.
        """
        self._app.state.stopping = True
        log.info("stopping in_flight=%d grace_s=%d", self._answering(), self._grace_s)
        left_s = await self._finish()
        running: Running | None = self._app.state.running
        cut = running.engine.stop() if running else 0
        self.config.timeout_graceful_shutdown = max(math.ceil(left_s), LAST_WORDS_S)
        await super().shutdown(sockets)
        log.info("stopped cut_off=%d", cut)

    async def _finish(self) -> float:
        """Wait for the running answers, as long as there is grace. Seconds of it that are left."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._grace_s
        while self._answering() and clock() < until and not self.force_exit:
            await asyncio.sleep(POLL_S)
        return max(0.0, until - clock())

    def _answering(self) -> int:
        running: Running | None = self._app.state.running
        return running.engine.in_flight if running else 0


def _protocol(settings: Settings) -> type[asyncio.Protocol] | Literal["h11"]:
    if find_spec("httptools") is None:
        return "h11"  # slower; bounds heads at 64 KiB by itself
    from service.protocol import bounded

    return bounded(max_connections=settings.max_connections, deadline_s=settings.request_timeout_s)


def serve(settings: Settings, parts: Parts, listening: socket.socket) -> bool:
    """Answer requests on a bound socket until SIGINT or SIGTERM. Whether it could start."""
    for library in ("uvicorn", "asyncio"):
        logs.configure(library, "warning")
    app = create_app(settings, parts)
    config = uvicorn.Config(
        PlainStart(app),
        http=_protocol(settings),
        access_log=False,  # the middleware writes the line
        lifespan="on",
        log_config=None,
        # Else uvicorn believes X-Forwarded-For of whoever FORWARDED_ALLOW_IPS names, without
        # TRUSTED_PROXIES.
        proxy_headers=False,
        server_header=False,
        workers=1,
        ws="none",
    )
    server = _Server(config, app, settings.shutdown_grace_s)
    # uvicorn raises the signal that stopped it once more when all is done: a stop that was asked for
    # and went well is no failure.
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    with suppress(KeyboardInterrupt, SystemExit):  # uvicorn ends a start that failed with 3
        server.run(sockets=[listening])
    return server.started
